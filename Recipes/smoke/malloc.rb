# frozen_string_literal: true

# Memory comes from the allocator that the variant promises: for the interpreter,
# for the library of a standard extension, for an extension that is compiled here
# and for a plain library that is loaded later. Linking alone proves nothing; what counts is
# the object that the dynamic linker binds the symbols to (ld.so(8), LD_DEBUG).

require "fileutils"
require "tmpdir"
require_relative "support/check"

# One allocator must serve all of them, or memory of one is freed by another.
SYMBOLS = %w[malloc calloc realloc free posix_memalign].freeze

LIBRARY = <<~C
  #include <stdlib.h>
  void *later_cut(size_t size) { void *p = realloc(malloc(size), size * 2); free(calloc(1, size)); return p; }
C

EXTENSION = <<~C
  #include <ruby.h>
  #include <stdlib.h>
  static VALUE cut(VALUE self) { free(realloc(malloc(100), 200)); free(calloc(2, 50)); return Qtrue; }
  void Init_early(void) { rb_define_global_function("early_cut", cut, 0); }
C

PROGRAM = <<~'RUBY'
  require "openssl"
  require "fiddle"
  require "./early"
  early_cut or abort
  library = Fiddle.dlopen(File.expand_path("later.so"))
  cut = Fiddle::Function.new(library["later_cut"], [Fiddle::TYPE_SIZE_T], Fiddle::TYPE_VOIDP)
  Fiddle.free(cut.call(1_000).to_i)
  Thread.new { Array.new(1_000) { |i| "x" * i } }.join
RUBY

# What must have asked for memory, so that an empty log proves nothing: the
# interpreter, a library of an extension of its own, and what is compiled here.
WITNESSES = %w[libruby.so libcrypto.so early.so later.so].freeze

def compile(dir)
  File.write("#{dir}/later.c", LIBRARY)
  File.write("#{dir}/early.c", EXTENSION)
  File.write("#{dir}/extconf.rb", %(require "mkmf"\ncreate_makefile("early")\n))
  Check.run("gcc", "-shared", "-fPIC", "-O0", "-o", "later.so", "later.c", chdir: dir)
  Check.ruby("extconf.rb", chdir: dir)
  Check.run("make", "V=1", "optflags=-O0", chdir: dir)
end

# Lines such as `binding file A [0] to B [0]: normal symbol `malloc' [GLIBC_2.2.5]`.
def bindings(dir)
  Check.ruby("-e", PROGRAM, env: { "LD_DEBUG" => "bindings", "LD_DEBUG_OUTPUT" => "#{dir}/bindings" }, chdir: dir)
  Dir.glob("#{dir}/bindings.*").flat_map do |path|
    File.read(path).scan(/binding file (\S+) \[\d+\] to (\S+) \[\d+\]: normal symbol `(\w+)'/)
  end.select { |_, _, symbol| SYMBOLS.include?(symbol) }.uniq
end

def prove_words
  libraries = RbConfig::CONFIG["MAINLIBS"].split
  line = Check.ruby("-v").chomp
  if Check::ALLOCATOR == "none"
    known = %w[-ljemalloc -ltcmalloc -ltcmalloc_minimal -lmimalloc] & libraries
    Check.expect(known.empty?, "RbConfig's MAINLIBS name #{known.inspect} in a variant of the C library's malloc")
  else
    Check.expect_equal("-l#{Check::ALLOCATOR}", libraries.first, "the first of RbConfig's MAINLIBS")
    Check.expect(line.include?(" +#{Check::VARIANT} "), "`ruby -v` lacks +#{Check::VARIANT}: #{line}")
  end
end

Check.prove do
  prove_words
  expected = Check::ALLOCATOR == "none" ? /\Alibc\.so\.6\z/ : /\Alib#{Regexp.escape(Check::ALLOCATOR)}\.so/
  found = Dir.mktmpdir do |dir|
    compile(dir)
    bindings(dir)
  end
  WITNESSES.each do |name|
    seen = found.any? { |from, _, symbol| symbol == "malloc" && File.basename(from).start_with?(name) }
    Check.expect(seen, "the dynamic linker did not say where #{name} takes malloc from")
  end
  lost = found.reject { |_, to, _| expected.match?(File.basename(to)) }
  Check.expect(lost.empty?, "the allocator is lost: " + lost.first(3).map { |from, to, symbol|
    "#{symbol} of #{File.basename(from)} comes from #{File.basename(to)}"
  }.join(", ") + " instead of #{Check::ALLOCATOR == 'none' ? 'the C library' : Check::ALLOCATOR}")
  object = File.basename(found.first[1])
  "#{found.map(&:first).uniq.size} objects, the interpreter and extensions among them, take malloc from #{object}"
end
