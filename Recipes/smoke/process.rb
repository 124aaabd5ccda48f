# frozen_string_literal: true

# Processes, threads, Ractors, fibers with a scheduler, a compacting collector,
# signals, pipes and terminals.

require "io/wait"
require "pty"
require "timeout"
require_relative "support/check"

# The least that a fiber scheduler needs to overlap two sleeps and a pipe.
class Scheduler
  def initialize
    @waiting = {}
    @readable = {}
    @ready = []
    @blocked = 0
    @mutex = Mutex.new
  end

  def run
    until @waiting.empty? && @readable.empty? && @ready.empty? && @blocked.zero?
      wake, = IO.select(@readable.keys, nil, nil, pause)
      wake&.each { |io| @readable.delete(io).resume }
      due = @waiting.select { |_, time| time <= now }.sort_by(&:last).map(&:first)
      due.each { |fiber| @waiting.delete(fiber) && fiber.resume }
      @mutex.synchronize { @ready.shift(@ready.size) }.each(&:resume)
    end
  end

  alias close run

  def pause
    return 0 unless @ready.empty?
    return 0.01 if @blocked.positive?

    @waiting.values.min&.then { |time| [time - now, 0].max }
  end

  def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

  def kernel_sleep(seconds = nil)
    @waiting[Fiber.current] = now + seconds
    Fiber.yield
  end

  def block(_blocker, timeout = nil)
    @blocked += 1
    @waiting[Fiber.current] = now + timeout if timeout
    Fiber.yield
    @blocked -= 1
  end

  def unblock(_blocker, fiber) = @mutex.synchronize { @ready << fiber }

  def io_wait(io, events, _timeout)
    @readable[io] = Fiber.current
    Fiber.yield
    events
  end

  def fiber(&block) = Fiber.new(blocking: false, &block).tap(&:resume)
end

CHECKS = {
  "fork" => lambda do
    IO.pipe do |reader, writer|
      pid = fork do
        reader.close
        thread = Thread.new { [Process.pid, GC.start, 6 * 7] }
        writer.write(Marshal.dump(thread.value))
        exit!(3)
      end
      writer.close
      told = Marshal.load(reader.read)
      _, status = Process.wait2(pid)
      Check.expect_equal([pid, nil, 42], told, "what a thread of a forked child told")
      Check.expect_equal(3, status.exitstatus, "the exit status of the child")
    end
  end,
  "spawn" => lambda do
    pid = Process.spawn({ "FACET" => "x" }, Check::RUBY, "-e", 'exit(ENV["FACET"] == "x" && Dir.pwd == "/tmp" ? 5 : 1)', chdir: "/tmp", pgroup: true)
    Check.expect_equal(5, Process.wait2(pid).last.exitstatus, "the exit status of a spawned Ruby")
  end,
  "popen" => lambda do
    text = IO.popen([Check::RUBY, "-ne", "print $_.upcase"], "r+") do |io|
      io.puts("one", "two")
      io.close_write
      io.read
    end
    Check.expect_equal("ONE\nTWO\n", text, "what a program answered through pipes")
  end,
  "pty" => lambda do
    PTY.spawn(Check::RUBY, "-e", 'STDOUT.sync = true; print "name? "; print "hello ", gets.chomp, STDIN.tty?') do |output, input, pid|
      said = output.readpartial(6)
      Check.expect_equal("name? ", said, "the question in a pseudo terminal")
      input.puts("bezel")
      said = +""
      begin
        said << output.readpartial(100) while output.wait_readable(10)
      rescue Errno::EIO
        # How Linux says that nobody holds the terminal any more.
      end
      Process.wait(pid)
      Check.expect(said.end_with?("hello bezeltrue"), "a dialogue in a pseudo terminal ended with #{said.inspect}")
    end
  end,
  "signals" => lambda do
    got = Queue.new
    old = trap("USR1") { got << :usr1 }
    Process.kill("USR1", Process.pid)
    Check.expect_equal(:usr1, Timeout.timeout(10) { got.pop }, "what the handler of a signal did")
    trap("USR1", old || "DEFAULT")
    pid = fork { sleep }
    Process.kill("TERM", pid)
    Check.expect_equal(15, Process.wait2(pid).last.termsig, "the signal that ended a child")
  end,
  "threads" => lambda do
    mutex, sum, queue = Mutex.new, 0, SizedQueue.new(2)
    consumers = 4.times.map { Thread.new { while (n = queue.pop) do mutex.synchronize { sum += n } end } }
    1_000.times { |n| queue << n }
    queue.close
    consumers.each(&:join)
    Check.expect_equal(499_500, sum, "the sum that four threads made")
    Check.expect_equal(:kept, Thread.new { Thread.current[:k] = :kept; Thread.pass; Thread.current[:k] }.value, "a thread's own value")
    error = Check.expect_error(Timeout::Error, "a sleep longer than its timeout") { Timeout.timeout(0.05) { sleep } }
    Check.expect(error, "no timeout")
  end,
  "ractor" => lambda do
    warning, Warning[:experimental] = Warning[:experimental], false
    ractors = 4.times.map { |n| Ractor.new(n) { |start| (start * 25_000...(start + 1) * 25_000).sum } }
    values = ractors.map { |ractor| ractor.respond_to?(:value) ? ractor.value : ractor.take }
    Check.expect_equal(4_999_950_000, values.sum, "the sum that four Ractors made")
    Warning[:experimental] = warning
  end,
  "fiber scheduler" => lambda do
    order = []
    start = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    Thread.new do
      Fiber.set_scheduler(Scheduler.new)
      reader, writer = IO.pipe
      Fiber.schedule { order << reader.readpartial(9) }
      Fiber.schedule { sleep 0.2; order << "slow" }
      Fiber.schedule { sleep 0.1; writer.write("pipe"); order << "fast" }
    end.join
    took = Process.clock_gettime(Process::CLOCK_MONOTONIC) - start
    # On a busy machine both sleeps may be over at once; what waits for another's work never is before it.
    Check.expect_equal(%w[fast pipe slow], order.sort, "the fibers that ended")
    Check.expect(order.index("fast") < order.index("pipe") && order.index("fast") < order.index("slow"),
                 "the fibers ended in the order #{order.join(', ')}")
    Check.expect(took < 5, "two short sleeps took #{took.round(1)} seconds")
  end,
  "compaction" => lambda do
    kept = Array.new(50_000) { |n| "object #{n}" }.select.with_index { |_, n| (n % 7).zero? }
    before = GC.stat(:compact_count)
    GC.verify_compaction_references(toward: :empty, **{ (RUBY_VERSION >= "3.2" ? :expand_heap : :double_heap) => true })
    GC.compact
    Check.expect(GC.stat(:compact_count) > before, "GC.compact counted no compaction")
    Check.expect_equal("object 49994", kept.last, "a kept object after compaction")
    GC.auto_compact = true
    10.times { GC.start }
    Check.expect(GC.auto_compact && GC.stat(:compact_count) > before + 2, "no major GC compacted under GC.auto_compact")
    GC.auto_compact = false
    Check.expect_equal(7_143, kept.map(&:hash).uniq.size, "the kept objects after compaction")
  end,
}.freeze

Check.prove do
  CHECKS.each do |name, check|
    Timeout.timeout(120) { check.call }
  rescue StandardError, NotImplementedError => e
    raise Check::Failure, "#{name}: #{e.is_a?(Check::Failure) ? '' : "#{e.class}: "}#{e.message}"
  end
  "#{CHECKS.keys.join(', ')} work"
end
