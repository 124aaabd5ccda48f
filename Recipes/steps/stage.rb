# frozen_string_literal: true

# Makes a freshly installed Ruby tree fit to ship, and the same on every build.
#
#   PREFIX_DIR/bin/ruby stage.rb PREFIX_DIR VARIANT ALLOCATOR DEBUG_DIR
#
# ALLOCATOR is the library that malloc comes from, or none for the C library's
# own. The debug symbols go to DEBUG_DIR, under the paths of their binaries.
# Running it twice changes nothing more.

require "etc"
require "fileutils"
require "find"

class Stage
  # What compiling the bundled gems leaves behind. Nothing of it is read at run
  # time: the extensions themselves were installed under gems/*/extensions.
  LEFTOVERS = [
    "**/{gem_make.out,mkmf.log,exts.mk,created.rid}",
    "lib/ruby/gems/*/gems/*/ext/**/{Makefile,extconf.h,*.o,*.so}",
    "lib/ruby/gems/*/cache/*.gem",
    "**/.gem.*",
    "bin/*.lock",
  ].freeze

  # Programs that only those who change Ruby itself use; configure writes down whether they were in
  # PATH, and nothing that is installed asks for them.
  UNUSED_PROGRAMS = { "DOXYGEN" => "", "HAVE_GIT" => "no" }.freeze

  def initialize(prefix, variant, allocator, debug)
    @prefix = prefix
    @variant = variant
    @allocator = allocator
    @debug = debug
  end

  def run
    name_variant
    move_pkg_config
    delete_leftovers
    separate_symbols
    normalise_modes(@prefix)
    normalise_modes(@debug)
  end

  private

  # Put before MAKEFILE_CONFIG is copied from CONFIG, so that both know it.
  def name_variant
    files = Dir.glob("lib/ruby/*/*/rbconfig.rb", base: @prefix)
    fail!("expected one rbconfig.rb under lib/ruby, found #{files.size}") unless files.size == 1

    path = File.join(@prefix, files.first)
    anchor = %(  CONFIG["topdir"] = )
    lines = File.readlines(path, encoding: "BINARY").grep_v(/^  CONFIG\["RUBY_VARIANT"\]/)
    index = lines.index { |line| line.start_with?(anchor) }
    fail!("#{files.first} has no line that begins with #{anchor.strip}") unless index

    lines.insert(index, %(  CONFIG["RUBY_VARIANT"] = "#{@variant}"\n))
    name_allocator(lines, %(  CONFIG["MAINLIBS"] = "))
    forget_programs(lines)
    File.binwrite(path, lines.join)
    puts "variant: #{@variant} named in #{files.first}"
  end

  def forget_programs(lines)
    UNUSED_PROGRAMS.each do |name, value|
      anchor = %(  CONFIG["#{name}"] = )
      index = lines.index { |line| line.start_with?(anchor) }
      lines[index] = %(#{anchor}"#{value}"\n) if index
    end
  end

  # configure wrote down what the base was linked with; the allocator came after.
  def name_allocator(lines, anchor)
    return if @allocator == "none"

    index = lines.index { |line| line.start_with?(anchor) }
    fail!("no line begins with #{anchor.strip}") unless index

    named = "#{anchor}-l#{@allocator} "
    lines[index] = lines[index].sub(anchor, named) unless lines[index].start_with?(named)
  end

  # pkg-config's file names the folder that the base was configured for, and,
  # without run paths, no folder at all to find libruby in.
  def move_pkg_config
    files = Dir.glob("lib/pkgconfig/ruby-*.pc", base: @prefix)
    fail!("expected one ruby-*.pc under lib/pkgconfig, found #{files.size}") unless files.size == 1

    path = File.join(@prefix, files.first)
    lines = File.readlines(path, encoding: "BINARY")
    name_allocator(lines, "MAINLIBS=")
    {
      "prefix=" => "prefix=${pcfiledir}/../..\n",
      "LIBPATH=" => "LIBPATH=-L${libdir} -Wl,-rpath,${libdir}\n",
      "Libs: " => "Libs: ${LIBPATH} ${DLDFLAGS} ${LIBRUBYARG_SHARED} ${LIBS}\n"
    }.each do |anchor, line|
      index = lines.index { |known| known.start_with?(anchor) }
      fail!("#{files.first} has no line that begins with #{anchor.strip}") unless index

      lines[index] = line
    end
    File.binwrite(path, lines.join)
    puts "pkg-config: #{files.first} finds its own prefix"
  end

  def delete_leftovers
    found = Dir.glob(LEFTOVERS, File::FNM_DOTMATCH, base: @prefix).uniq
    FileUtils.rm_r(found.map { |path| File.join(@prefix, path) }, secure: true)
    puts "deleted: #{found.size} build leftovers"
  end

  def separate_symbols
    binaries = files.select { |path| elf?(path) }
    before = binaries.sum { |path| File.size(path) }
    FileUtils.mkdir_p(@debug)
    rest = Queue.new(binaries.reject { |path| File.exist?(debug_file(path)) }).close
    threads = Array.new(Etc.nprocessors) do
      Thread.new do
        while (path = rest.pop)
          separate(path)
        end
      end
    end
    threads.each(&:join)
    after = binaries.sum { |path| File.size(path) }
    puts "stripped: #{binaries.size} ELF files, #{before} to #{after} bytes"
  end

  # The link to the symbols is a name and a checksum (GDB manual, "Separate Debug
  # Files"), so it holds wherever the tree is installed. This very process runs
  # from two of the files: a copy is stripped and takes the place of the original
  # by a rename.
  def separate(path)
    debug = debug_file(path)
    FileUtils.mkdir_p(File.dirname(debug))
    tool("objcopy", "--only-keep-debug", "--compress-debug-sections=zlib", path, debug)
    level = path.match?(/\.so(\.|\z)/) ? "--strip-unneeded" : "--strip-all"
    copy = "#{path}.stripped"
    tool("objcopy", level, "--add-gnu-debuglink=#{debug}", path, copy)
    File.rename(copy, path)
  end

  def debug_file(path)
    File.join(@debug, "#{path.delete_prefix("#{@prefix}/")}.debug")
  end

  def tool(*command)
    system(*command) or fail!("`#{command.join(' ')}` failed")
  end

  # The mode bits of a file depend on the umask and on the gem that brought it.
  def normalise_modes(folder)
    changed = 0
    Find.find(folder) do |path|
      stat = File.lstat(path)
      next if stat.symlink?

      executable = stat.mode.anybits?(0o100) && !path.match?(/\.(?:so|debug)(\.|\z)/)
      mode = stat.directory? || executable ? 0o755 : 0o644
      next if stat.mode & 0o7777 == mode

      File.chmod(mode, path)
      changed += 1
    end
    puts "modes: #{changed} set to 0755 or 0644"
  end

  def files
    Find.find(@prefix).select { |path| File.lstat(path).file? }
  end

  def elf?(path)
    File.binread(path, 4) == "\x7FELF".b
  end

  def fail!(sentence)
    abort("stage: #{sentence}")
  end
end

prefix, variant, allocator, debug, *rest = ARGV
unless debug && variant.match?(/\A[a-z][a-z0-9.+-]*\z/) && rest.empty? && File.directory?(prefix)
  abort("stage: usage: stage.rb PREFIX_DIR VARIANT ALLOCATOR DEBUG_DIR")
end
Stage.new(File.realpath(prefix), variant, allocator, debug).run
