# frozen_string_literal: true

# Threads burst one after the other: each allocates 24 MB, keeps one string of a
# hundred, and has the rest collected before the next one begins. Little is alive at
# any moment, but every thread's arena keeps what its burst took.

require_relative "support"

THREADS = 16
BURST = 24 * 1024 * 1024
CYCLES = 3

GC.disable
Workload.run do
  Workload.in_turns(THREADS) do |number, pass|
    random = Workload.random(number)
    kept = []
    CYCLES.times do
      strings = []
      bytes = 0
      while bytes < BURST
        strings << Workload.string(random, 200..20_000)
        bytes += strings.last.bytesize
      end
      kept.concat(strings.each_slice(100).map(&:first))
      strings.clear
      strings = nil
      GC.enable
      GC.start
      GC.disable
      pass.call
    end
    kept
  end
end
