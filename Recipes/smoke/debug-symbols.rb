# frozen_string_literal: true

# With the -dbgsym package installed, gdb finds the symbols of the interpreter, of
# libruby and of every extension, each by its link, and knows source lines.

require "find"
require_relative "support/check"

# Functions of Ruby's own C code, with the object they are in.
PLACES = {
  "bin/ruby" => ["main", "main.c"],
  "lib/libruby.so" => ["rb_gc_start", "gc.c"],
  "socket.so" => ["Init_socket", "socket.c"]
}.freeze

def object(name)
  found = Dir.glob("**/#{name}*", base: Check::PREFIX).reject { |path| path.end_with?(".debug") }
  path = found.map { |file| File.join(Check::PREFIX, file) }.find { |file| File.file?(file) && !File.symlink?(file) }
  Check.expect(path, "there is no #{name} under #{Check::PREFIX}")
  path
end

# gdb(1) prints `Line 52 of "./main.c" starts at address ...`.
def prove_line(name, function, source)
  text = Check.run("gdb", "--batch", "--nx", "--ex", "info line #{function}", object(name), env: { "HOME" => Dir.pwd })
  line = text[/^Line (\d+) of "(?:[^"]*\/)?#{Regexp.escape(source)}"/, 1]
  Check.expect(line, "gdb knows no source line of #{function} in #{name}: #{Check.one_line(text)}")
  "#{function} is #{source}:#{line}"
end

def elf?(path)
  File.file?(path) && !File.symlink?(path) && File.binread(path, 4) == "\x7FELF".b
end

# Every binary names its symbols by a link, and they lie where a debugger looks.
def prove_all_linked
  binaries = Find.find(Check::PREFIX).select { |path| elf?(path) && !path.include?("/gems/") }
  missing = binaries.reject { |path| File.file?("/usr/lib/debug#{path}.debug") }
  Check.expect(missing.empty?, "no debug symbols are installed for #{missing.first(3).join(', ')}")
  unlinked = binaries.reject do |path|
    Check.run("readelf", "--string-dump=.gnu_debuglink", path).include?("#{File.basename(path)}.debug")
  end
  Check.expect(unlinked.empty?, "these do not name their debug symbols: #{unlinked.first(3).join(', ')}")
  binaries.size
end

Check.prove do
  lines = PLACES.map { |name, (function, source)| prove_line(name, function, source) }
  "#{lines.join(', ')}; #{prove_all_linked} binaries have their symbols"
end
