# frozen_string_literal: true

# Psych with libyaml: what is dumped comes back, what is malformed is refused.

require_relative "support/check"
Check.need("yaml")

Check.prove do
  document = {
    "text" => "žluťoučký kůň 🐎",
    "lines" => "first\nsecond\n",
    "numbers" => [1, -2.5, 10**30],
    "nothing" => nil,
    "nested" => { "flags" => [true, false], "empty" => "" },
    "looks like another type" => %w[no 1.0 2026-11-21 ~],
  }
  Check.expect_equal(document, YAML.safe_load(YAML.dump(document)), "the document after a round trip")
  Check.expect_equal({ "a" => ["é"] }, YAML.safe_load("a:\n- \"\\u00e9\"\n"), "a parsed document")

  error = Check.expect_error(Psych::SyntaxError, "a malformed document") { YAML.safe_load("a: 1\nb: [1, 2\n") }
  Check.expect_equal(2, error.line, "the line of the syntax error")
  Check.expect_error(Psych::DisallowedClass, "a symbol where none is allowed") { YAML.safe_load(YAML.dump(:symbol)) }
  "round trip of #{document.size} keys by libyaml #{Psych::LIBYAML_VERSION}, syntax error found on line #{error.line}"
end
