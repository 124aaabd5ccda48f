# frozen_string_literal: true

# Threads take turns with small batches, of which one string in twenty stays: what
# they keep lies scattered between what they dropped, so that not every page with
# free memory can be given back.

require_relative "support"

THREADS = 16
STEPS = 40
BATCH = 400
STEPS_PER_GC = 64

GC.disable
steps = 0
Workload.run do
  Workload.in_turns(THREADS) do |number, pass|
    random = Workload.random(number)
    kept = []
    STEPS.times do
      strings = Array.new(BATCH) do
        Workload.string(random, random.rand < 0.8 ? (100..1_000) : (4_000..40_000))
      end
      kept.concat(strings.each_slice(20).map(&:first))
      strings.clear
      strings = nil
      if ((steps += 1) % STEPS_PER_GC).zero?
        GC.enable
        GC.start
        GC.disable
      end
      pass.call
    end
    kept
  end
end
