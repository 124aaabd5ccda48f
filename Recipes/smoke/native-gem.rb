# frozen_string_literal: true

# A gem with a C extension builds against the installed headers, installs without
# a network, loads in a fresh process, and its object points to no strange place.

require "tmpdir"
require_relative "support/facet"

def expect_no_foreign_run_path(object)
  run_path = Check.run("readelf", "--dynamic", "--wide", object).scan(/\((?:RPATH|RUNPATH)\).*\[(.*)\]/).flatten
  foreign = run_path.flat_map { |value| value.split(":", -1) }.reject do |path|
    path.match?(/\A\$(ORIGIN|\{ORIGIN\})/) || (path.start_with?("#{Check::PREFIX}/") && Dir.exist?(path))
  end
  Check.expect(foreign.empty?, "the run path of the extension leads to #{foreign.inspect}")
end

Check.prove do
  Dir.mktmpdir("native-gem") do |dir|
    home = File.join(dir, "home")
    env = { "GEM_HOME" => home, "GEM_PATH" => home, "RUBYOPT" => nil, "RUBYLIB" => nil }
    Facet.install(dir, File.join(Check::PREFIX, "bin/gem"), env)

    object = Dir.glob("#{home}/extensions/**/facet.so").first
    Check.expect(object, "`gem install` left no facet.so under GEM_HOME")
    expect_no_foreign_run_path(object)

    Check.expect_equal(Facet::ANSWER, Check.ruby("-e", Facet::PROGRAM, env: env, chdir: "/"), "what the extension computed")
    "a gem with a C extension was built, installed and loaded"
  end
end
