# frozen_string_literal: true

# Makes a freshly installed Ruby tree fit to ship, and the same on every build.
#
#   PREFIX_DIR/bin/ruby stage.rb PREFIX_DIR VARIANT
#
# Running it twice changes nothing more.

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

  def initialize(prefix, variant)
    @prefix = prefix
    @variant = variant
  end

  def run
    name_variant
    delete_leftovers
    strip_binaries
    normalise_modes
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
    File.binwrite(path, lines.join)
    puts "variant: #{@variant} named in #{files.first}"
  end

  def delete_leftovers
    found = Dir.glob(LEFTOVERS, File::FNM_DOTMATCH, base: @prefix).uniq
    FileUtils.rm_r(found.map { |path| File.join(@prefix, path) }, secure: true)
    puts "deleted: #{found.size} build leftovers"
  end

  def strip_binaries
    binaries = files.select { |path| elf?(path) }
    before = binaries.sum { |path| File.size(path) }
    binaries.each { |path| strip(path) }
    after = binaries.sum { |path| File.size(path) }
    puts "stripped: #{binaries.size} ELF files, #{before} to #{after} bytes"
  end

  # strip writes into the file it is given. This very process runs from two of
  # them, so a copy is stripped and takes the place of the original by a rename.
  def strip(path)
    level = path.match?(/\.so(\.|\z)/) ? "--strip-unneeded" : "--strip-all"
    copy = "#{path}.stripped"
    system("strip", level, "-o", copy, path) or fail!("strip #{level} failed on #{path}")
    File.rename(copy, path)
  end

  # The mode bits of a file depend on the umask and on the gem that brought it.
  def normalise_modes
    changed = 0
    Find.find(@prefix) do |path|
      stat = File.lstat(path)
      next if stat.symlink?

      mode = stat.directory? || stat.mode.anybits?(0o100) ? 0o755 : 0o644
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

prefix, variant, *rest = ARGV
unless variant&.match?(/\A[a-z][a-z0-9-]*\z/) && rest.empty? && File.directory?(prefix)
  abort("stage: usage: stage.rb PREFIX_DIR VARIANT")
end
Stage.new(File.realpath(prefix), variant).run
