# frozen_string_literal: true

# Bundler resolves a local gem and a bundled one without a network, and runs
# programs with exactly these.

require "fileutils"
require "tmpdir"
require_relative "support/check"

FILES = {
  "Gemfile" => <<~RUBY,
    source "https://rubygems.invalid"

    gem "rake"
    gem "setting", path: "setting"
  RUBY
  "setting/setting.gemspec" => <<~RUBY,
    Gem::Specification.new do |spec|
      spec.name = "setting"
      spec.version = "0.4.2"
      spec.summary = "A gem to test with"
      spec.authors = ["nobody"]
      spec.files = ["lib/setting.rb"]
    end
  RUBY
  "setting/lib/setting.rb" => <<~RUBY,
    Setting = "bezel"
  RUBY
  "Rakefile" => <<~RUBY,
    require "setting"
    task(:show) { print Setting, " ", Gem.loaded_specs.keys.include?("racc") }
  RUBY
}.freeze

Check.prove do
  Dir.mktmpdir("bundler") do |dir|
    FILES.each do |path, content|
      FileUtils.mkdir_p(File.join(dir, File.dirname(path)))
      File.write(File.join(dir, path), content)
    end
    env = {
      # Version managers put the package's programs first; bundle exec looks there.
      "PATH" => "#{Check::PREFIX}/bin:#{ENV.fetch('PATH')}",
      "BUNDLE_SILENCE_ROOT_WARNING" => "1", "BUNDLE_APP_CONFIG" => File.join(dir, "config"),
      "GEM_HOME" => File.join(dir, "home"), "RUBYOPT" => nil, "RUBYLIB" => nil,
    }
    bundle = ->(*arguments) { Check.run(File.join(Check::PREFIX, "bin/bundle"), *arguments, env: env, chdir: dir) }

    version = bundle.call("--version")[/\ABundler version (\S+)$/, 1]
    Check.expect_equal(Gem::Specification.find_by_name("bundler").version.to_s, version, "the version of bundle")

    bundle.call("install", "--local")
    lock = File.read(File.join(dir, "Gemfile.lock"))
    rake = Gem::Specification.find_by_name("rake").version
    ["    setting (0.4.2)\n", "    rake (#{rake})\n"].each do |line|
      Check.expect(lock.include?(line), "Gemfile.lock lacks the line #{line.strip.inspect}")
    end

    Check.expect_equal("bezel false", bundle.call("exec", "rake", "show"), "what `bundle exec rake show` printed")
    outsider = bundle.call("exec", Check::RUBY, "-e", 'begin; gem "test-unit"; rescue Gem::LoadError; print "refused"; end')
    Check.expect_equal("refused", outsider, "activating a gem that is not in the bundle")
    "bundler #{version} resolved and ran rake #{rake} and a local gem without a network"
  end
end
