# frozen_string_literal: true

# The whole tree works in another place: it finds itself, its libraries and gems
# at run time, and compiles gems against its own headers there.

require "fileutils"
require "tmpdir"
require_relative "support/facet"

PROGRAM = <<~'RUBY'
  require "openssl"
  require "psych"
  require "json"
  here = ARGV.fetch(0)
  places = {
    "RbConfig's prefix" => RbConfig::CONFIG["prefix"], "RbConfig.ruby" => RbConfig.ruby,
    "the folder of gems" => Gem.default_dir, "the headers' folder" => RbConfig::CONFIG["rubyhdrdir"],
  }
  $LOAD_PATH.each { |path| places["an entry of the load path"] = path unless path.start_with?(here) }
  loaded = File.foreach("/proc/self/maps").map { |line| line.split(" ", 6)[5].to_s.chomp }
  loaded.grep(%r{/libruby\.so|\.so\z}).grep(%r{/(?:opt|tmp)/}).each { |path| places["a mapped library (#{File.basename(path)})"] = path }
  strange = places.reject { |_, path| path.start_with?("#{here}/") || path == here }
  abort strange.map { |what, path| "#{what} is #{path}" }.join("; ") unless strange.empty?
  print OpenSSL::Digest.hexdigest("SHA256", "")[0, 8], Psych.load("a: 1"), "\u3042".encode("EUC-JP").bytesize
RUBY

def expect_no_old_path(dir)
  Dir.glob("**/{Makefile,mkmf.log,*.so}", base: dir).each do |name|
    Check.expect(!File.binread(File.join(dir, name)).include?("#{Check::PREFIX}/"), "#{name} of a gem made by the moved tree names #{Check::PREFIX}")
  end
end

Check.prove do
  Dir.mktmpdir("moved") do |dir|
    moved = File.join(dir, "elsewhere")
    FileUtils.cp_r(Check::PREFIX, moved, preserve: false)
    ruby = File.join(moved, "bin/ruby")
    env = { "RUBYOPT" => nil, "RUBYLIB" => nil, "GEM_HOME" => nil, "GEM_PATH" => nil, "HOME" => dir }

    said = Check.run(ruby, "-e", PROGRAM, moved, env: env)
    Check.expect_equal("e3b0c442#{{ 'a' => 1 }}2", said, "what the libraries of the moved tree computed")

    gem_dir = Check.run(File.join(moved, "bin/gem"), "environment", "gemdir", env: env).chomp
    Check.expect(gem_dir.start_with?("#{moved}/"), "`gem environment gemdir` of the moved tree says #{gem_dir}")
    version = Check.run(File.join(moved, "bin/irb"), "--version", env: env)
    Check.expect(version.start_with?("irb "), "`irb --version` of the moved tree says #{version.inspect}")

    work = File.join(dir, "work")
    FileUtils.mkdir(work)
    Facet.install(work, File.join(moved, "bin/gem"), env)
    expect_no_old_path(gem_dir)
    Check.expect_equal(Facet::ANSWER, Check.run(ruby, "-e", Facet::PROGRAM, env: env, chdir: "/"), "what a gem of the moved tree computed")
    "a copy of the tree in another folder runs, and compiles a gem there"
  end
end
