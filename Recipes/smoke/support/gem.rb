# frozen_string_literal: true

# People's own gem, with a C extension, in the package's folder of gems:
#
#   gem.rb install    compiles and installs it
#   gem.rb use        loads it and computes something

require "tmpdir"
require_relative "facet"

Check.prove do
  case ARGV
  when ["install"]
    Dir.mktmpdir("gem") { |dir| Facet.install(dir, File.join(Check::PREFIX, "bin/gem")) }
    object = Dir.glob("#{Gem.default_dir}/extensions/**/facet.so").first
    Check.expect(object, "`gem install` put no facet.so below #{Gem.default_dir}")
    object
  when ["use"]
    Check.expect_equal(Facet::ANSWER, Check.ruby("-e", Facet::PROGRAM), "what the gem computed")
    "the gem that was installed before still works"
  end
end
