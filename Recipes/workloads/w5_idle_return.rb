# frozen_string_literal: true

# A server with load, and then without: sixteen threads of a pool work for some
# seconds, and wait from then on. Nobody calls the collector, neither while there is
# load nor afterwards.

require_relative "support"

THREADS = 16
SECONDS = Float(ENV.fetch("SECONDS", "6"))

wait = Queue.new
results = Queue.new
Workload.run do
  finish = Process.clock_gettime(Process::CLOCK_MONOTONIC) + SECONDS
  pool = THREADS.times.map do |number|
    Thread.new do
      random = Workload.random(number)
      kept = []
      while Process.clock_gettime(Process::CLOCK_MONOTONIC) < finish
        strings = Array.new(random.rand < 0.02 ? 6_000 : 300) { Workload.string(random, 97..10_000) }
        strings.each_slice(200) { |slice| kept << slice.first }
        kept.shift(kept.size - 300) if kept.size > 300
        strings = nil
        sleep(0.002)
      end
      results << kept
      wait.pop
    end
  end
  [pool, THREADS.times.map { results.pop }]
end
