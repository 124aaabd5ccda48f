# frozen_string_literal: true

# What the workloads share. A workload works, prints `work SECONDS`, and then waits
# with all that it keeps until the runner, which measures it from outside, has read
# its memory and closes its input. GC.stat follows, for whoever wants to know.

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

  def run
    start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    kept = yield
    seconds = Process.clock_gettime(Process::CLOCK_MONOTONIC) - start
    $stdout.puts("work #{seconds.round(6)}")
    $stdout.flush
    $stdin.read
    stat = GC.stat.slice(:count, :major_gc_count, :malloc_trim_count, :malloc_trim_time, :malloc_trim_bytes)
    $stdout.puts("stat #{stat.map { |key, value| "#{key}=#{value}" }.join(' ')}")
    kept.hash # until here it is alive
  end
end
