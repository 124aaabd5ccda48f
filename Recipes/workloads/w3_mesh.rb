# frozen_string_literal: true

# One thread, strings whose length doubles while a quarter of them stays: the
# control, at which no allocator can do much better than another.

require_relative "support"

BUDGET = 128 * 1024 * 1024

Workload.run do
  kept = []
  length = 512
  while length <= 64 * 1024
    strings = Array.new(BUDGET / length / 4) { |i| "x" * length if i }
    kept = kept.each_slice(4).map(&:first) + strings.each_slice(4).map(&:first)
    strings.clear
    strings = nil
    GC.start
    length *= 2
  end
  kept
end
