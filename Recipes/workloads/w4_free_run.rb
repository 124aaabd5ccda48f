# frozen_string_literal: true

# Threads as in a server: each answers requests as they come, a request allocates
# some hundred strings, leaves one of a hundred in a cache of fixed size, and waits
# for something now and then. Nobody calls the collector.

require_relative "support"

THREADS = 16
REQUESTS = Integer(ENV.fetch("REQUESTS", "220"))
STRINGS = 300
CACHE = 300

Workload.run do
  THREADS.times.map do |number|
    Thread.new do
      random = Workload.random(number)
      cache = []
      REQUESTS.times do |request|
        strings = Array.new(STRINGS) { Workload.string(random, 97..20_000) }
        strings.each_slice(100) { |slice| cache << slice.first }
        cache.shift(cache.size - CACHE) if cache.size > CACHE
        sleep(0.001) if (request % 8).zero?
      end
      cache
    end
  end.map(&:value)
end
