# frozen_string_literal: true

# The variant can be told from RbConfig and, for trim, from `ruby -v`.

require_relative "support/check"

Check.prove do
  [RbConfig::CONFIG, RbConfig::MAKEFILE_CONFIG].zip(%w[CONFIG MAKEFILE_CONFIG]) do |config, name|
    Check.expect_equal(Check::VARIANT, config["RUBY_VARIANT"], "RbConfig::#{name}[\"RUBY_VARIANT\"]")
  end

  [["-v"], ["--yjit", "-v"]].each do |arguments|
    line = Check.ruby(*arguments).chomp
    marked = line.include?(" +trim ")
    Check.expect_equal(Check::MALLOC_TRIM, marked, "the +trim marker in #{line.inspect}")
  end
  Check.expect_equal(Check::MALLOC_TRIM, RUBY_DESCRIPTION.include?(" +trim "), "the +trim marker in RUBY_DESCRIPTION")
  "RUBY_VARIANT is #{Check::VARIANT}, +trim marker #{Check::MALLOC_TRIM ? 'present' : 'absent'}"
end
