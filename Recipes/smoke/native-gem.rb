# frozen_string_literal: true

# A gem with a C extension builds against the installed headers, installs without
# a network, loads in a fresh process, and its object points to no strange place.

require "fileutils"
require "tmpdir"
require_relative "support/check"

FILES = {
  "facet.gemspec" => <<~RUBY,
    Gem::Specification.new do |spec|
      spec.name = "facet"
      spec.version = "1.2.3"
      spec.summary = "A gem to test with"
      spec.authors = ["nobody"]
      spec.license = "MIT"
      spec.homepage = "https://facet.invalid"
      spec.required_ruby_version = ">= 2.7"
      spec.files = ["lib/facet.rb", "ext/facet/facet.c", "ext/facet/extconf.rb"]
      spec.extensions = ["ext/facet/extconf.rb"]
    end
  RUBY
  "lib/facet.rb" => <<~RUBY,
    require "facet/facet"
  RUBY
  "ext/facet/extconf.rb" => <<~RUBY,
    require "mkmf"
    abort "no strnlen" unless have_func("strnlen", "string.h")
    create_makefile("facet/facet")
  RUBY
  "ext/facet/facet.c" => <<~C,
    #include <ruby.h>
    #include <string.h>

    #ifndef HAVE_STRNLEN
    # error mkmf found strnlen but did not say so
    #endif

    static VALUE
    facet_measure(VALUE self, VALUE text)
    {
        StringValue(text);
        return SIZET2NUM(strnlen(RSTRING_PTR(text), (size_t)RSTRING_LEN(text)) * 2);
    }

    void
    Init_facet(void)
    {
        rb_define_module_function(rb_define_module("Facet"), "measure", facet_measure, 1);
    }
  C
}.freeze

def expect_no_foreign_run_path(object)
  run_path = Check.run("readelf", "--dynamic", "--wide", object).scan(/\((?:RPATH|RUNPATH)\).*\[(.*)\]/).flatten
  foreign = run_path.flat_map { |value| value.split(":", -1) }.reject do |path|
    path.match?(/\A\$(ORIGIN|\{ORIGIN\})/) || (path.start_with?("#{Check::PREFIX}/") && Dir.exist?(path))
  end
  Check.expect(foreign.empty?, "the run path of the extension leads to #{foreign.inspect}")
end

Check.prove do
  Dir.mktmpdir("native-gem") do |dir|
    FILES.each do |path, content|
      FileUtils.mkdir_p(File.join(dir, File.dirname(path)))
      File.write(File.join(dir, path), content)
    end
    home = File.join(dir, "home")
    env = { "GEM_HOME" => home, "GEM_PATH" => home, "RUBYOPT" => nil, "RUBYLIB" => nil }
    gem = File.join(Check::PREFIX, "bin/gem")

    Check.run(gem, "build", "facet.gemspec", env: env, chdir: dir)
    Check.run(gem, "install", "--local", "--no-document", "facet-1.2.3.gem", env: env, chdir: dir)

    object = Dir.glob("#{home}/extensions/**/facet.so").first
    Check.expect(object, "`gem install` left no facet.so under GEM_HOME")
    expect_no_foreign_run_path(object)

    program = 'print Facet.measure("brilliant"), " ", (Facet.measure(1) rescue $!.class)'
    Check.expect_equal("18 TypeError", Check.ruby("-rfacet", "-e", program, env: env, chdir: "/"), "what the extension computed")
    "a gem with a C extension was built, installed and loaded"
  end
end
