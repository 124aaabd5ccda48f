# frozen_string_literal: true

require "fileutils"
require_relative "check"

# A gem with a C extension, for the checks that need one.
module Facet
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

  # What a program prints that uses the gem, and the program.
  ANSWER = "18 TypeError"
  PROGRAM = 'require "facet"; print Facet.measure("brilliant"), " ", (Facet.measure(1) rescue $!.class)'

  module_function

  # Makes facet-1.2.3.gem in a folder with the given `gem` program, and returns its path.
  def build(dir, gem, env = {})
    FILES.each do |path, content|
      FileUtils.mkdir_p(File.join(dir, File.dirname(path)))
      File.write(File.join(dir, path), content)
    end
    Check.run(gem, "build", "facet.gemspec", env: env, chdir: dir)
    File.join(dir, "facet-1.2.3.gem")
  end

  # Builds, and installs into the folder that the environment says.
  def install(dir, gem, env = {})
    Check.run(gem, "install", "--local", "--no-document", build(dir, gem, env), env: env, chdir: dir)
  end
end
