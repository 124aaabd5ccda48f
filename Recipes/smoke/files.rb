# frozen_string_literal: true

# What lies on disk: run paths, hardening, traces of the build (its folders, machine, user and
# day, and what it leaves behind), owners and modes, static libraries, and where scripts begin.

require "etc"
require "find"
require "time"
require_relative "support/check"

# Folders of the build sandbox. A relative path that happens to have such a folder in it
# ("../build/") is no leak.
BUILD_PATHS = %r{(?<![\w.])/(?:build|inputs|outputs)/}n

# What compiling and installing gems leaves behind, with times or paths in it.
LEFTOVERS = %r{/(?:gem_make\.out|mkmf\.log|exts\.mk|created\.rid)\z
              |\.o\z
              |/cache/[^/]+\.gem\z
              |/bin/[^/]+\.lock\z}x

# The build runs on this kernel, if this trial is made where it was built, and in a sandbox of this
# name: "somebody@lapidary" is a user on that machine.
MACHINE = /#{Regexp.escape(Etc.uname.fetch(:release))}|[\w.-]+@lapidary(?![\w.-])/n

# The home of a build, which nothing that is compiled or configured needs to know.
HOME_OF_BUILD = %r{/nonexistent(?![\w-])}n

# As the macros __DATE__ and __TIMESTAMP__ write a day.
COMPILE_DAY = /\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 123]\d (?:\d\d:\d\d:\d\d )?[12]\d{3}\b/n

# Nothing in the package is younger than the day of the release.
RELEASE_DAY = Time.parse("#{RUBY_RELEASE_DATE} 00:00:00 UTC")

# A small object may have no array on its stack, so nothing to protect.
LARGE = 30_000

class Files
  attr_reader :binaries, :count

  def initialize
    @found = Hash.new { |hash, key| hash[key] = [] }
    @binaries = @count = 0
  end

  def run
    Find.find(Check::PREFIX) { |path| look(path) }
    documentation = "/usr/share/doc/#{File.basename(Check::PREFIX)}"
    Find.find(documentation) { |path| look(path) } if Dir.exist?(documentation)
    Check.expect(@binaries > 50, "only #{@binaries} ELF files were found")
    return if @found.empty?

    raise Check::Failure, @found.map { |what, paths| "#{what}: #{paths.first(5).join(', ')}#{" and #{paths.size - 5} more" if paths.size > 5}" }.join("; ")
  end

  private

  def look(path)
    @count += 1
    stat = File.lstat(path)
    note("not owned by root", path) unless owned?(stat)
    return look_at_link(path) if stat.symlink?

    mode = stat.mode & 0o7777
    note("writable by everybody or its group", path) if mode.anybits?(0o022)
    note("setuid, setgid or sticky", path) if mode.anybits?(0o7000)
    note("not readable by everybody", path) unless mode.allbits?(stat.directory? ? 0o555 : 0o444)
    return if stat.directory?
    return note("neither file, folder nor link", path) unless stat.file?

    content = File.binread(path)
    look_for_traces(path, stat, content)
    look_at_file(path, mode, content)
  end

  def look_for_traces(path, stat, content)
    note("left behind by the build", path) if path.match?(LEFTOVERS)
    note("a path of the build in it", path) if content.match?(BUILD_PATHS)
    note("the machine of the build in it", path) if content.match?(MACHINE)
    note("dated after the release", path) if stat.mtime > RELEASE_DAY
    made = content.start_with?("\x7FELF".b) || path.end_with?("/rbconfig.rb", "/config.h", ".pc")
    note("the home of the build in it", path) if made && content.match?(HOME_OF_BUILD)
    note("the day of compilation in it", path) if made && content.match?(COMPILE_DAY)
    return unless path.end_with?(".gemspec")

    day = content[/^\s*s\.date = "(\d{4}-\d\d-\d\d)/, 1]
    note("dated after the release", path) if day && day > RUBY_RELEASE_DATE
  end

  # In the sandbox root is nobody: what belongs to / is root's.
  def owned?(stat)
    root = File.stat("/usr")
    stat.uid == root.uid && stat.gid == root.gid
  end

  def look_at_link(path)
    target = File.readlink(path)
    note("a link that leads out of the package or nowhere", path) if target.start_with?("/") || !File.exist?(path)
  end

  def look_at_file(path, mode, content)
    note("a static library or libtool's archive", path) if path.end_with?(".la", ".a")
    if content.start_with?("\x7FELF".b)
      @binaries += 1
      look_at_binary(path, content)
    elsif content.start_with?("#!")
      look_at_script(path, mode, content)
    end
  end

  # Only what can be executed is ever started by its first line.
  def look_at_script(path, mode, content)
    return if mode.nobits?(0o111)

    interpreter, argument = content[2..].lines.first.split
    program = interpreter.end_with?("/env") ? argument : interpreter
    note("started by `#{interpreter} #{argument}`", path) unless resolves?(program)
  end

  def resolves?(program)
    return program.start_with?("#{Check::PREFIX}/", "/bin/", "/usr/bin/") && File.executable?(program) if program.start_with?("/")

    program == "ruby" || ENV.fetch("PATH").split(":").any? { |folder| File.executable?("#{folder}/#{program}") }
  end

  def look_at_binary(path, content)
    text = Check.run("readelf", "--file-header", "--program-headers", "--dynamic", "--wide", path)
    run_path = text.scan(/\((?:RPATH|RUNPATH)\).*\[(.*)\]/).flatten.flat_map { |value| value.split(":", -1) }
    note("run path #{run_path.join(':')}", path) unless run_path.all?(/\A\$(?:ORIGIN|\{ORIGIN\})(?:\/|\z)/)
    note("without RELRO", path) unless text.include?("GNU_RELRO")
    note("without BIND_NOW", path) unless text.match?(/\(FLAGS\).*BIND_NOW|\(FLAGS_1\).*\bNOW\b/)
    note("with an executable stack", path) unless text.match?(/^\s+GNU_STACK\s.*\sRW\s/)
    note("with a segment that can be written and executed", path) if text.match?(/^\s+LOAD\s.*\sRWE\s/)
    note("with text relocations", path) if text.match?(/\(TEXTREL\)/)
    note("not position-independent", path) unless text.match?(/^\s+Type:\s+DYN\b/)
    look_at_symbols(path, content)
  end

  # _FORTIFY_SOURCE leaves copies alone whose size nobody knows, but never a call of printf.
  def look_at_symbols(path, content)
    symbols = Check.run("readelf", "--dyn-syms", "--wide", path)
    large = content.bytesize >= LARGE && !path.include?("/enc/")
    note("without stack protector", path) if large && !symbols.include?("__stack_chk_fail")
    plain = symbols.match?(/ UND v?f?printf@/) || (path.include?("/libruby.so.") && !symbols.include?("__memcpy_chk"))
    note("without fortified functions", path) if plain
  end

  def note(what, path)
    @found[what] << path.delete_prefix("#{Check::PREFIX}/")
  end
end

Check.prove do
  files = Files.new
  files.run
  "#{files.count} files and folders, #{files.binaries} of them ELF objects, are as they should be"
end
