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

  before = RubyVM::YJIT.runtime_stats.fetch(:compiled_iseq_count)
  results = 100.times.map { |n| triangle(n) }
  big = triangle(2**20) * 2**50
  after = RubyVM::YJIT.runtime_stats.fetch(:compiled_iseq_count)
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
  Check.expect(RubyVM::YJIT.enable && RubyVM::YJIT.enabled?, "RubyVM::YJIT.enable does not switch YJIT on at run time")
  "YJIT compiled #{compiled} methods and blocks of a hot program with the right results"
end
