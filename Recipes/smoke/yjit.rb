# frozen_string_literal: true

# YJIT is built in, compiles a hot method, and the compiled code is right.

require_relative "support/check"

PROGRAM = <<~'RUBY'
  def triangle(n)
    sum = 0
    i = 0
    while i < n
      i += 1
      sum += i
    end
    sum
  end

  # Before 3.3 a Ruby that is not made for YJIT's own developers counts code bytes only.
  def compiled = RubyVM::YJIT.runtime_stats.then { |stats| stats[:compiled_iseq_count] || stats.fetch(:inline_code_size) }

  before = compiled
  results = 100.times.map { |n| triangle(n) }
  big = triangle(2**20) * 2**50
  after = compiled
  right = results == (0...100).map { |n| n * (n + 1) / 2 } && big == (2**20) * (2**20 + 1) / 2 * 2**50
  print [RubyVM::YJIT.enabled?, after - before, right, RUBY_DESCRIPTION.include?(" +YJIT ")].join(" ")
RUBY

Check.prove do
  Check.expect_equal(false, RubyVM::YJIT.enabled?, "whether YJIT is on without being asked for")

  enabled, compiled, right, described = Check.ruby("--yjit", "--yjit-call-threshold=5", "-e", PROGRAM).split
  Check.expect_equal("true", enabled, "whether --yjit switches YJIT on")
  Check.expect(compiled.to_i.positive?, "YJIT compiled nothing of a method that was called 100 times")
  Check.expect_equal("true", right, "whether the compiled method computes the right sums")
  Check.expect_equal("true", described, "whether RUBY_DESCRIPTION carries +YJIT")
  # It came with 3.3.
  if Gem::Version.new(RUBY_VERSION) >= Gem::Version.new("3.3")
    Check.expect(RubyVM::YJIT.enable && RubyVM::YJIT.enabled?, "RubyVM::YJIT.enable does not switch YJIT on at run time")
  end
  "YJIT compiled a hot program (its count grew by #{compiled}) with the right results"
end
