# frozen_string_literal: true

require "etc"
require_relative "check"

# One run of a workload in a process of its own, whose memory is read from this one: what a
# process finds out about itself it has changed. Recipes/workloads/support.rb has the words
# that are said. Nothing here waits for a time that a busy machine could break.
class Trial
  WORKLOADS = File.expand_path("../../workloads", __dir__)
  # Whatever tunes an allocator or Ruby from outside would tune every trial.
  FOREIGN = /\A(?:MALLOC_|GLIBC_TUNABLES|LD_PRELOAD|LD_DEBUG|RUBY|GEM_|BUNDLE_|MIMALLOC_|TCMALLOC_)/.freeze
  # Threads that have ended may take a moment to give back their stacks. At rest is what has
  # not changed for three pauses, by more than some bytes; what never is, is read all the same.
  PAUSE = 0.1
  PAUSES = 50
  PAUSES_AT_REST = 3
  REST = 256 * 1024
  MEBIBYTE = 1024.0 * 1024

  # Figures are in bytes; `halfway` and `trimmed` are nil where there is no such stop.
  Result = Struct.new(:settled, :halfway, :trimmed, :live, keyword_init: true)

  # A Result. With `trim`, malloc_trim is called at the end, and what it left is read too.
  def self.run(workload, environment, trim: false)
    new(workload, environment).run(trim)
  end

  def initialize(workload, environment)
    @workload = workload
    @environment = ENV.keys.grep(FOREIGN).to_h { |name| [name, nil] }.merge(environment)
  end

  def run(trim)
    IO.popen(@environment, [Check::RUBY, File.join(WORKLOADS, "#{@workload}.rb")], "r+") do |io|
      @io = io
      result = read(trim)
      @io.close_write
      @io.read
      result
    end.tap { Check.expect($?.success?, "the workload #{@workload} ended with #{$?}") }
  end

  private

  def read(trim)
    result = Result.new
    until (line = listen).start_with?("phase quiescent ")
      result.halfway = collected if line.start_with?("phase halfway")
      say("go")
    end
    result.live = Integer(line[/ live=(\d+)/, 1])
    # Of requests the one half is compared with the other, so both end in a collection.
    result.settled = result.halfway ? collected : settled
    if trim
      ask("trim", "trimmed")
      result.trimmed = settled
    end
    result
  end

  def collected
    ask("collect", "collected")
    settled
  end

  def settled
    last = resident
    same = 0
    PAUSES.times do
      sleep(PAUSE)
      now = resident
      same = (now - last).abs < REST ? same + 1 : 0
      break if same == PAUSES_AT_REST

      last = now
    end
    anonymous
  end

  def resident = Integer(File.read("/proc/#{@io.pid}/statm").split[1]) * Etc.sysconf(Etc::SC_PAGESIZE)

  # The process's share of anonymous memory, which no library's file counts into, swapped or
  # not. Before Linux 5.9 there is only what it has of it in all, the same unless it has forked.
  def anonymous
    lines = File.read("/proc/#{@io.pid}/smaps_rollup").scan(/^(\w+): +(\d+) kB$/).to_h
    kilobytes = lines["Pss_Anon"] || lines["Anonymous"]
    Check.expect(kilobytes, "the kernel's smaps_rollup tells no anonymous memory")
    (Integer(kilobytes) + Integer(lines.fetch("SwapPss", "0"))) * 1024
  end

  def ask(command, answer)
    say(command)
    Check.expect_equal(answer, listen, "what the workload #{@workload} says to `#{command}`")
  end

  def say(line)
    @io.puts(line)
    @io.flush
  end

  def listen
    @io.gets&.chomp or raise Check::Failure, "the workload #{@workload} broke off"
  end
end
