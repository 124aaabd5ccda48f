# frozen_string_literal: true

# What the workloads share, and how whoever measures one speaks with it.
#
# A workload says on stdout, a line each, what has been reached, and then waits:
#
#   phase ready              it is loaded and has done nothing yet
#   phase quiescent seconds=1.234567 live=11522431
#                            it has worked that long, and holds strings of that many
#                            bytes; its threads have ended or sleep
#
# One of requests stops at `phase halfway` too. Whoever does not know a phase says `go`.
#
# While it waits it obeys what is written to its stdin, a line each:
#
#   go        it goes on, and from quiescent to its end
#   collect   it collects garbage three times, and says `collected`
#   stat      it says `stat` and GC.stat's pairs as NAME=VALUE, and those of GC.stat_heap as
#             heapNUMBER.NAME=VALUE where there is such a method; which names there are
#             depends on the release
#   trim      it calls the C library's malloc_trim, and says `trimmed`; this loads a library,
#             so it comes last
#
# The end of its stdin is `go` for ever: `ruby w1_rotate.rb </dev/null` runs through. Nothing of this
# needs a library, which would change what is measured. It is to be measured from outside,
# from a sibling process, with no variables that tune an allocator or Ruby in the
# environment but those that are part of the trial. The number of arenas depends on the number
# of processors, unless MALLOC_ARENA_MAX=16 makes every machine have as many as one of two.

module Workload
  module_function

  # Seeded per thread: every run allocates the same sizes in the same order.
  def random(number) = Random.new(20_260_000 + number)

  def string(random, sizes) = "x" * random.rand(sizes)

  # Runs the block for each number in a thread of its own, all of them in turns of a
  # fixed order: what is measured does not depend on the scheduler. The block gets
  # its number and a callable that passes the turn and waits for the next.
  def in_turns(threads)
    mutex = Mutex.new
    changed = ConditionVariable.new
    turn = 0
    waiting = (0...threads).to_a
    pass = lambda do |number, leaves|
      place = waiting.index(number)
      leaves ? waiting.delete(number) : place += 1
      turn = waiting[place % waiting.size] unless waiting.empty?
      changed.broadcast
      changed.wait(mutex) until leaves || turn == number
    end
    threads.times.map do |number|
      Thread.new do
        mutex.synchronize do
          changed.wait(mutex) until turn == number
          result = yield number, -> { pass.call(number, false) }
          pass.call(number, true)
          result
        end
      end
    end.map(&:value)
  end

  # The block does the work and returns all that it keeps.
  def run
    stop("ready")
    start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    kept = yield
    seconds = Process.clock_gettime(Process::CLOCK_MONOTONIC) - start
    stop("quiescent seconds=#{seconds.round(6)} live=#{live(kept)}")
    kept.hash # until here it is alive
  end

  # Says what has been reached, and obeys until it may go on.
  def stop(phase)
    say("phase #{phase}")
    while (line = $stdin.gets)
      case line.chomp
      when "go" then return
      when "collect"
        3.times { GC.start }
        say("collected")
      when "stat" then say("stat #{stat}")
      when "trim"
        trim
        say("trimmed")
      else abort("#{$PROGRAM_NAME}: no such command: #{line.inspect}")
      end
    end
  end

  def say(line)
    $stdout.puts(line)
    $stdout.flush
  end

  def stat
    pairs = GC.stat.map { |name, value| "#{name}=#{value}" }
    if GC.respond_to?(:stat_heap)
      GC.stat_heap.each { |heap, stat| stat.each { |name, value| pairs << "heap#{heap}.#{name}=#{value}" } }
    end
    pairs.join(" ")
  end

  # Not by GC.malloc_trim, which some Rubies have: that is a thing to be tried.
  def trim
    require "fiddle"
    Fiddle::Function.new(Fiddle.dlopen("libc.so.6")["malloc_trim"], [Fiddle::TYPE_SIZE_T], Fiddle::TYPE_INT).call(0)
  end

  # The bytes of all strings in arrays of arrays.
  def live(kept)
    case kept
    when String then kept.bytesize
    when Array then kept.sum { |one| live(one) }
    else 0
    end
  end
end
