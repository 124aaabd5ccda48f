# frozen_string_literal: true

# The thread that trims disturbs nobody: not fork, signals, Ractors, open files, errno,
# compaction, GC.stress, Process.warmup, the end of the process, or a C program that
# embeds Ruby and goes on without it. And it stands back when malloc is another's.
#
# Each program below runs with a budget that lets it trim nearly all the time.

require "tmpdir"
require_relative "support/check"

EAGER = { "RUBY_MALLOC_TRIM" => nil, "RUBY_MALLOC_TRIM_SHARE" => "1", "RUBY_MALLOC_TRIM_IDLE" => "0.2" }.freeze

# What the programs share: threads that allocate until they are told to stop, and
# leave the others their turns, and the native threads of the process by name.
SUPPORT = <<~'RUBY'
  def trims = GC.stat(:malloc_trim_count)

  def busy(threads = 2)
    over = false
    list = threads.times.map do |n|
      Thread.new do
        ring = Array.new(200)
        i = 0
        until over
          20.times { ring[(i += 1) % 200] = Array.new(50) { "x" * (i * 37 % 6_000) } }
          sleep 0.001
        end
      end
    end
    result = yield
    over = true
    list.each(&:join)
    result
  end

  def wait_for(seconds = 60)
    finish = Process.clock_gettime(Process::CLOCK_MONOTONIC) + seconds
    until (result = yield)
      abort "nothing happened in #{seconds} s" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > finish
      sleep 0.005
    end
    result
  end

  def helpers
    Dir.glob("/proc/self/task/*").select do |task|
      File.read("#{task}/comm").chomp == "malloc_trim"
    rescue SystemCallError
      false
    end
  end

  def status(task, field) = File.read("#{task}/status")[/^#{field}:\s*(\S+)/, 1]
RUBY

PROGRAMS = {
  # Children are forked while trims run, and get a helper of their own.
  "fork" => <<~'RUBY',
    busy do
      wait_for { trims.positive? }
      children = 15.times.map do |i|
        sleep 0.01
        fork do
          GC.start
          exit!(true) if i % 3 == 0
          exit if i % 3 == 1
          before = trims
          busy(1) { wait_for { trims > before + 1 } }
          abort "#{helpers.size} helpers in a child" unless helpers.size == 1
        end
      end
      children.each { |pid| Process.wait2(pid)[1].success? or abort "a child failed: #{$?}" }
    end
    abort "#{helpers.size} helpers" unless helpers.size == 1
  RUBY
  "daemon" => <<~'RUBY',
    reader, writer = IO.pipe
    pid = fork do
      busy(1) { wait_for { trims.positive? } }
      Process.daemon(true, true)
      before = trims
      busy(1) { wait_for { trims > before } }
      writer.write("trimmed")
    end
    Process.wait(pid)
    writer.close
    text = reader.read
    abort "the daemon said #{text.inspect}" unless text == "trimmed"
  RUBY
  # A program that replaces itself, and one that starts others, while trims run.
  "exec" => <<~'RUBY',
    busy { wait_for { trims.positive? }; 10.times { system("true") or abort "system failed" } }
    Thread.new { busy { sleep } }
    sleep 0.2
    exec("true")
  RUBY
  # Signals reach Ruby's threads alone: the helper blocks all that can be blocked.
  "signals" => <<~'RUBY',
    seen = 0
    trap(:USR1) { seen += 1 }
    busy do
      helper = wait_for { helpers.first }
      blocked = Integer(status(helper, "SigBlk"), 16)
      (1..31).each do |signal|
        next if [9, 19].include?(signal)
        abort "the helper takes signal #{signal}" if blocked[signal - 1].zero?
      end
      20.times { |i| Process.kill(:USR1, $$); wait_for { seen > i } }
    end
    abort "#{seen} of 20 signals" unless seen == 20
  RUBY
  "ractors" => <<~'RUBY',
    sums = busy(1) do
      wait_for { trims.positive? }
      3.times.map do |n|
        Ractor.new(n) { |seed| ring = Array.new(100); 20_000.times.sum { |i| (ring[i % 100] = "x" * (i * 31 % 3_000)).size } }
      end.map(&:take)
    end
    abort "the Ractors gave #{sums}" unless sums.uniq.size == 1
  RUBY
  # What the helper opens is not among the files of the process.
  "files" => <<~'RUBY',
    open = -> { Dir.children("/proc/self/fd").map(&:to_i).sort }
    known = open.call
    busy do
      wait_for { trims.positive? }
      before = trims
      500.times { now = open.call; abort "open files: #{now} instead of #{known}" unless now == known }
      wait_for { trims > before }
    end
    abort "no trim gave bytes back" unless GC.stat(:malloc_trim_bytes).positive?
  RUBY
  "errno" => <<~'RUBY',
    busy do
      wait_for { trims.positive? }
      GC.stress = true
      4.times do
        File.open("/nonexistent/" + "x" * 50)
        abort "opened"
      rescue Errno::ENOENT
        next
      end
      GC.stress = false
    end
  RUBY
  "compaction" => <<~'RUBY',
    if GC.respond_to?(:compact)
      kept = Array.new(20_000) { |i| "kept #{i}" }
      busy do
        wait_for { trims.positive? }
        5.times { GC.compact }
        GC.verify_compaction_references(toward: :empty) if GC.respond_to?(:verify_compaction_references)
        GC.auto_compact = true
        5.times { GC.start; Array.new(10_000) { Object.new } }
        GC.auto_compact = false
      end
      abort "objects were lost" unless kept.each_with_index.all? { |text, i| text == "kept #{i}" }
    end
  RUBY
  "stress" => <<~'RUBY',
    busy(1) { wait_for { trims.positive? } }
    GC.stress = true
    words = 100.times.map { |i| "stress " + i.to_s }
    GC.stress = false
    abort "words were lost" unless words.last == "stress 99"
  RUBY
  "warmup" => <<~'RUBY',
    if Process.respond_to?(:warmup)
      busy { wait_for { trims.positive? }; 3.times { Process.warmup } }
    end
  RUBY
  # One helper, no matter how many threads collect, that Ruby does not count, and that
  # sleeps for good once the process is idle and trimmed.
  "idle" => <<~'RUBY',
    busy { wait_for { trims.positive? } }
    helper = wait_for { helpers.first }
    runs = GC.count
    sleep 1.5
    before = [trims, status(helper, "voluntary_ctxt_switches")]
    sleep 1.5
    after = [trims, status(helper, "voluntary_ctxt_switches")]
    abort "a GC ran while the process was idle" unless GC.count == runs
    abort "an idle helper went from #{before} to #{after}" unless before == after
    abort "Ruby sees #{Thread.list.size} threads" unless Thread.list.size == 1
    abort "#{helpers.size} helpers" unless helpers.size == 1
  RUBY
  "finalizers" => <<~'RUBY',
    at_exit { GC.start; busy(1) { sleep 0.05 } }
    Array.new(1_000) { ObjectSpace.define_finalizer(Object.new, proc { "x" * 5_000; GC.start if rand < 0.01 }) }
    busy { wait_for { trims.positive? } }
  RUBY
  "demand" => <<~'RUBY',
    busy { 50.times { GC.malloc_trim } }
    abort "#{trims} trims" unless trims >= 50
  RUBY
}.freeze

# Ends at any moment: while the helper starts, trims, or sleeps.
ENDING = "Thread.new { a = []; loop { a << 'x' * rand(5_000); a.clear if a.size > 2_000 } }; sleep ARGV[0].to_f; "

EMBEDDING = <<~'C'
  #include <pthread.h>
  #include <ruby.h>
  #include <stdio.h>
  #include <stdlib.h>
  #include <unistd.h>

  /* Goes on after Ruby has ended, and expects no thread of it any more. */
  int main(int argc, char **argv)
  {
      ruby_sysinit(&argc, &argv);
      RUBY_INIT_STACK;
      ruby_init();
      char *options[] = { "embed", "-e", "" };
      ruby_options(3, options);
      int state;
      VALUE trims = rb_eval_string_protect(
          "4.times { GC.start };"
          "limit = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 60; kept = []; i = 0;"
          "helped = -> { Dir.glob('/proc/self/task/*/comm').any? { |comm| File.read(comm) == %(malloc_trim\\n) } };"
          "until helped.call || Process.clock_gettime(Process::CLOCK_MONOTONIC) > limit;"
          "  500.times { kept << 'x' * ((i += 1) % 6_000) }; kept.clear if kept.size > 20_000;"
          "end;"
          "helped.call ? GC.stat(:malloc_trim_count) : 0", &state);
      if (state || NUM2LONG(trims) < 4) return 1;
      if (ruby_cleanup(0)) return 2;
      for (int i = 0; i < 1000; i++) free(malloc(i * 100));
      usleep(500000);
      puts("alive");
      return 0;
  }
C

# An allocator that is preloaded. This one only hands on, but malloc is its own.
OTHER = <<~'C'
  #include <stddef.h>
  extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
  extern void __libc_free(void *);
  void *malloc(size_t size) { return __libc_malloc(size); }
  void *calloc(size_t count, size_t size) { return __libc_calloc(count, size); }
  void *realloc(void *block, size_t size) { return __libc_realloc(block, size); }
  void free(void *block) { __libc_free(block); }
C

def prove_programs
  PROGRAMS.each do |name, source|
    Check.ruby("-W0", "-e", SUPPORT + source, env: EAGER)
  rescue Check::Failure => e
    raise Check::Failure, "#{name}: #{e.message.sub(/\A`.*?` failed/m, 'failed')}"
  end
end

def prove_endings
  40.times { |i| Check.ruby("-e", ENDING, (i * 0.004).to_s, env: EAGER) }
  killed = "#{ENDING} Process.kill(:TERM, $$); sleep"
  _, _, status = Open3.capture3(EAGER, Check::RUBY, "-e", killed, "0.2")
  Check.expect(status.signaled? && status.termsig == Signal.list["TERM"], "a program that was killed ended as #{status}")
end

def prove_embedding(dir)
  File.write("#{dir}/embed.c", EMBEDDING)
  config = RbConfig::CONFIG
  Check.run("gcc", "-I#{config['rubyhdrdir']}", "-I#{config['rubyarchhdrdir']}", "-o", "#{dir}/embed", "#{dir}/embed.c",
            "-L#{config['libdir']}", "-Wl,-rpath,#{config['libdir']}", "-l#{config['RUBY_SO_NAME']}")
  Check.expect_equal("alive\n", Check.run("#{dir}/embed", env: EAGER), "what a C program said that embedded Ruby")
end

def prove_other_malloc(dir)
  File.write("#{dir}/other.c", OTHER)
  Check.run("gcc", "-shared", "-fPIC", "-O2", "-o", "#{dir}/other.so", "#{dir}/other.c")
  source = "4.times { GC.start }; a = nil; 300.times { a = Array.new(1_000) { |i| 'x' * i } }; sleep 0.5; " \
           "print [GC.malloc_trim, GC.stat(:malloc_trim_count)].join(' ')"
  %w[adaptive every].each do |policy|
    said = Check.ruby("-e", source, env: EAGER.merge("RUBY_MALLOC_TRIM" => policy, "LD_PRELOAD" => "#{dir}/other.so"))
    Check.expect_equal("false 0", said, "GC.malloc_trim and the trims under another malloc and #{policy}")
    alone = Check.ruby("-e", source, env: EAGER.merge("RUBY_MALLOC_TRIM" => policy))
    Check.expect(alone.split.last.to_i > 4, "without the other malloc the trims are #{alone}")
  end
end

Check.prove do
  prove_programs
  prove_endings
  Dir.mktmpdir do |dir|
    prove_embedding(dir)
    prove_other_malloc(dir)
  end
  "#{PROGRAMS.keys.join(', ')}, 41 endings, embedding and another malloc"
end
