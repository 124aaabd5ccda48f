# frozen_string_literal: true

# The packaged interpreter is the release it claims to be, and knows where it is.

require_relative "support/check"

Check.prove do
  Check.expect_equal(Check::RELEASE, RUBY_VERSION, "RUBY_VERSION")
  Check.expect_equal("ruby", RUBY_ENGINE, "RUBY_ENGINE")
  Check.expect_equal(Check::RUBY, RbConfig.ruby, "RbConfig.ruby")
  Check.expect_equal(Check::PREFIX, RbConfig::CONFIG["prefix"], "the prefix in RbConfig")

  foreign = $LOAD_PATH.reject { |path| path.start_with?("#{Check::PREFIX}/") }
  Check.expect(foreign.empty?, "the load path leads outside of the package: #{foreign.inspect}")
  Check.expect(Gem.default_dir.start_with?("#{Check::PREFIX}/"), "gems would be installed to #{Gem.default_dir}")

  line = Check.ruby("-v").chomp
  # Up to 3.1 the patch level stands there too, as in 3.1.2p20.
  Check.expect(line.match?(/\Aruby #{Regexp.escape(Check::RELEASE)}(?:p\d+)? \(/), "`ruby -v` says #{line.inspect}")
  line
end
