# frozen_string_literal: true

# How long trims keep Ruby waiting when there is much to give back. A gigabyte of
# strings dies; then one thread allocates on, and takes the time of each small step.
#
#     RUBY_MALLOC_TRIM=adaptive ruby pause.rb [MEGABYTES [SECONDS]]
#
# A step with a GC in it, less what GC.total_time says of marking and sweeping, shows
# what else the collector did under the lock of the interpreter: a trim, if it trims
# there. A step without any shows what a thread waits for locks of malloc and of the
# kernel while another one trims. What else runs on the machine is in both: compare
# with RUBY_MALLOC_TRIM=off.

megabytes, seconds = Integer(ARGV[0] || 1024), Float(ARGV[1] || 6)

def now = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
def resident = Integer(File.read("/proc/self/statm").split[1]) * 4096 / 1_000_000

GC.disable
strings = 8.times.map do |number|
  Thread.new do
    random = Random.new(number)
    bytes = 0
    list = []
    list << "x" * random.rand(1_000..20_000) while (bytes += list.last.to_s.bytesize) < megabytes * 1_000_000 / 8
    list
  end
end.flat_map(&:value)
kept = strings.each_slice(100).map(&:first)
strings.clear
strings = nil
before = resident
GC.enable

ring = Array.new(1_000)
with_gc, without_gc, longest_trim = 0, 0, 0
trims = GC.stat[:malloc_trim_count].to_i
trim_time = GC.stat[:malloc_trim_time].to_i
stat = { malloc_trim_time: 0 }
i = 0
finish = now + (seconds * 1_000_000_000).to_i
while (start = now) < finish
  runs = GC.count
  gc_time = GC.total_time
  ring[(i += 1) % 1_000] = "x" * (i % 2_000)
  step = now - start
  if GC.count == runs && GC.total_time == gc_time
    without_gc = step if step > without_gc
  else
    rest = step - (GC.total_time - gc_time)
    with_gc = rest if rest > with_gc
  end
  next unless (i % 50).zero?

  GC.stat(stat)
  time = stat[:malloc_trim_time].to_i
  longest_trim = time - trim_time if time - trim_time > longest_trim
  trim_time = time
end

printf("longest step besides marking and sweeping: %.2f ms with a GC, %.2f ms without; " \
       "%d trims, the longest %.1f ms; %d MB fell to %d\n",
       with_gc / 1e6, without_gc / 1e6, GC.stat[:malloc_trim_count].to_i - trims, longest_trim / 1e6, before, resident)
kept.hash
