# frozen_string_literal: true

# Fiddle with libffi in both directions: Ruby calls C, and C calls Ruby back.

require_relative "support/check"
Check.need("fiddle")

Check.prove do
  libc = Fiddle.dlopen(nil)
  strlen = Fiddle::Function.new(libc["strlen"], [Fiddle::TYPE_VOIDP], Fiddle::TYPE_SIZE_T)
  Check.expect_equal(9, strlen.call("lapidarí"), "strlen of a string of nine bytes")

  comparison = Class.new(Fiddle::Closure) do
    def call(left, right)
      left, right = [left, right].map { |pointer| pointer[0, Fiddle::SIZEOF_INT].unpack1("i") }
      left <=> right
    end
  end.new(Fiddle::TYPE_INT, [Fiddle::TYPE_VOIDP, Fiddle::TYPE_VOIDP])

  qsort = Fiddle::Function.new(
    libc["qsort"],
    [Fiddle::TYPE_VOIDP, Fiddle::TYPE_SIZE_T, Fiddle::TYPE_SIZE_T, Fiddle::TYPE_VOIDP],
    Fiddle::TYPE_VOID
  )
  numbers = [42, -7, 0, 1_000_000, -7, 3]
  memory = Fiddle::Pointer[numbers.pack("i*")]
  qsort.call(memory, numbers.size, Fiddle::SIZEOF_INT, comparison)
  Check.expect_equal(numbers.sort, memory[0, numbers.size * Fiddle::SIZEOF_INT].unpack("i*"), "what qsort made of #{numbers}")

  Check.expect_error(Fiddle::DLError, "looking up a function that does not exist") { libc["lapidary_has_no_such_function"] }
  "qsort of libc sorted #{numbers.size} numbers through a Ruby callback"
end
