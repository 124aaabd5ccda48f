# frozen_string_literal: true

# As w1_rotate, but each thread frees its burst itself, string by string, and nobody
# collects garbage: what is held then depends on malloc alone, and above all on its arenas.

require_relative "support"

THREADS = 16
BURST = 24 * 1024 * 1024

# What began while this was loaded is finished first: a Ruby that gives memory back follows
# its collections, and now there is none any more that it could follow.
GC.start
GC.disable
Workload.run do
  Workload.in_turns(THREADS) do |number, pass|
    random = Workload.random(number)
    strings = []
    bytes = 0
    while bytes < BURST
      strings << Workload.string(random, 200..20_000)
      bytes += strings.last.bytesize
    end
    kept, dropped = strings.each_with_index.partition { |_, index| (index % 100).zero? }
    dropped.each { |string, _| string.clear }
    pass.call
    kept.map(&:first)
  end
end
