# frozen_string_literal: true

# The trim variant gives memory back: once for each major GC under `every`, at once
# when a program asks for a GC, by itself while a program works, and when it falls
# idle. It can be switched off. Every other variant has none of it.

require_relative "support/check"

KEYS = %i[malloc_trim_count malloc_trim_time malloc_trim_bytes].freeze

# Prints by how much the trims outnumber the major GCs, for GCs of every kind, as
# "name difference major_gc_count". Each begins and ends with a full GC, so that
# no GC is half done when the counters are read.
COUNTING = <<~'RUBY'
  def counters = GC.stat.values_at(:major_gc_count, :malloc_trim_count)

  def count(name)
    GC.start
    majors, trims = counters
    yield
    GC.start
    majors, trims = counters.zip([majors, trims]).map { |after, before| after - before }
    puts [name, trims - majors, majors].join(" ")
  end

  count("explicit") { 10.times { GC.start } }
  count("lazy") { 10.times { GC.start(immediate_mark: false, immediate_sweep: false); Array.new(5_000) { "lazy" * 20 } } }
  count("automatic") { hash = {}; 1_500_000.times { |i| hash[i % 150_000] = "value #{i} of many" * 2 } }
  count("threads") { 4.times.map { Thread.new { 8.times { Array.new(20_000) { "thread" * 10 } } } }.each(&:join) }
  count("minor") { 10.times { GC.start(full_mark: false) } }
  count("compaction") { 2.times { GC.compact } }
  count("stress") { GC.stress = true; 5.times { "a" + "b" }; GC.stress = false }
RUBY

RESIDENT = <<~'RUBY'
  def resident = Integer(File.read("/proc/self/statm").split[1]) * Etc.sysconf(Etc::SC_PAGESIZE)
RUBY

# Keeps one of a hundred strings, scattered over the arenas of four threads: the
# free memory between them never lies at the end, where free() would release it.
CHURN = RESIDENT + <<~'RUBY'
  def churn
    4.times.map do
      Thread.new { Array.new(20_000) { |i| i % 100 == 0 ? [Thread.current, "k" * 1_000].last : "x" * 1_000 } }
    end.map(&:value)
  end

  strings = churn
  high = resident
  kept = strings.flat_map { |list| list.each_slice(100).map(&:first) }
  strings.each(&:clear)
RUBY

# Prints the resident bytes before and after a full GC, and the counted bytes.
ASKED = CHURN + <<~'RUBY'
  2.times { GC.start }
  puts [high, resident, GC.stat(:malloc_trim_bytes), kept.sum(&:size)].join(" ")
RUBY

# Works with small strings until two automatic major GCs are over, and then not at
# all. Prints the resident bytes when all was alive, after these GCs, and at the end of
# the pause, and how often the collector ran in the pause. The work is done before a
# trim would come of itself, on most machines.
IDLE = "GC.disable\n" + CHURN + <<~'RUBY'
  strings = nil
  GC.enable
  ring = Array.new(30_000)
  i = 0
  work = -> { 1_000.times { ring[(i += 1) % ring.size] = "value #{i} of many" * 2 } }
  2.times { majors = GC.stat(:major_gc_count); work.call until GC.stat(:major_gc_count) > majors }
  2.times { runs = GC.count; work.call until GC.count > runs }
  low = resident
  runs = GC.count
  40.times { sleep 0.1 }
  puts [high, low, resident, GC.count - runs, kept.sum(&:size)].join(" ")
RUBY

# Has automatic major GCs without end. Prints how many, and how many trims.
BUDGET = <<~'RUBY'
  before = GC.stat.values_at(:major_gc_count, :malloc_trim_count)
  GC.stress = true
  200.times { "a" + "b" }
  GC.stress = false
  puts GC.stat.values_at(:major_gc_count, :malloc_trim_count).zip(before).map { |a, b| a - b }.join(" ")
RUBY

# A program that works and never asks for a GC. Prints how many trims there were
# meanwhile, and the threads as Ruby counts them.
WORK = <<~'RUBY'
  finish = Process.clock_gettime(Process::CLOCK_MONOTONIC) + 2.5
  kept = Array.new(100)
  i = 0
  kept[(i += 1) % 100] = Array.new(100) { "x" * (i % 5_000) } while Process.clock_gettime(Process::CLOCK_MONOTONIC) < finish
  puts [GC.stat(:malloc_trim_count), Thread.list.size, ThreadGroup::Default.list.size].join(" ")
RUBY

def program(source, environment)
  Check.ruby("-W0", "-retc", "-e", source, env: { "RUBY_MALLOC_TRIM" => nil }.merge(environment))
end

def policy(name) = { "RUBY_MALLOC_TRIM" => name }

def prove_counts
  rows = program(COUNTING, policy("every")).lines.map(&:split)
  Check.expect_equal(7, rows.size, "the number of kinds of GC that were counted")
  rows.to_h do |name, difference, majors|
    Check.expect_equal(0, difference.to_i, "the surplus of trims over the #{majors} major GCs of the kind #{name}")
    # The closing full GC is one; "minor" must not add any.
    Check.expect(name == "minor" ? majors == "1" : majors.to_i > 1, "#{name} GCs: #{majors} of them were major")
    [name, majors.to_i]
  end
end

def prove_policies
  show = "5.times { GC.start }; print [GC.malloc_trim, *GC.stat.values_at(*#{KEYS.inspect})].join(' ')"
  Check.expect_equal("false 0 0 0", program(show, policy("off")), "GC.malloc_trim and the counters under RUBY_MALLOC_TRIM=off")

  # Without automatic GCs there is nothing for automatic trims to follow.
  explicit = "GC.disable; GC.start; a = GC.stat(:malloc_trim_count); 10.times { GC.start }; " \
             "2.times { GC.malloc_trim }; print GC.stat(:malloc_trim_count) - a"
  [{}, policy("adaptive"), policy("every")].each do |environment|
    Check.expect_equal("12", program(explicit, environment), "the trims that ten GC.start and two GC.malloc_trim make under #{environment}")
  end
end

def prove_warnings
  {
    "RUBY_MALLOC_TRIM" => ["sometimes", %w[sometimes adaptive every off]],
    "RUBY_MALLOC_TRIM_SHARE" => ["much", %w[much default]],
    "RUBY_MALLOC_TRIM_IDLE" => ["-1", %w[-1 default]],
    "RUBY_MALLOC_TRIM_ARENAS" => ["2x", %w[2x default]],
  }.each do |variable, (value, words)|
    out, err, status = Open3.capture3({ variable => value }, Check::RUBY, "-e", "GC.start; print GC.stat(:malloc_trim_count)")
    Check.expect(status.success? && out.to_i.positive?, "a wrong #{variable} does not leave the default on")
    Check.expect(err.lines.size == 1 && [variable, *words].all? { |word| err.include?(word) },
                 "the warning about a wrong #{variable} is #{err.inspect}")
  end
end

# Returns the resident megabytes before and after.
def prove_fall
  high_off, low_off, = program(ASKED, policy("off")).split.map(&:to_i)
  [policy("every"), {}].map do |environment|
    high, low, counted, kept = program(ASKED, environment).split.map(&:to_i)
    Check.expect_equal(800_000, kept, "the bytes that the workload keeps")
    Check.expect(low < high * 0.6, "a full GC left #{low} of #{high} resident bytes under #{environment}")
    Check.expect(high - low > 2 * (high_off - low_off),
                 "RUBY_MALLOC_TRIM=off gives back as much: #{high_off} resident bytes fell to #{low_off}")
    Check.expect(counted > (high - low) / 2, "malloc_trim_bytes is #{counted}, but #{high - low} bytes were given back")
    [high, low].map { |bytes| bytes / 1_000_000 }
  end.last
end

# Both at the same time, as each takes its seconds.
def prove_idle
  off, adaptive = [policy("off"), {}].map { |environment| Thread.new { program(IDLE, environment).split.map(&:to_i) } }.map(&:value)
  [off, adaptive].each do |_, _, _, runs, kept|
    Check.expect_equal([0, 800_000], [runs, kept], "the GCs of an idle process, and the bytes it keeps")
  end
  high, _, low = adaptive
  Check.expect(low < high * 0.6, "an idle process still has #{low} of #{high} resident bytes")
  Check.expect(off[2] > off[0] * 0.8, "RUBY_MALLOC_TRIM=off gives back too: #{off[0]} resident bytes fell to #{off[2]}")
end

def prove_work
  trims, *threads = program(WORK, {}).split.map(&:to_i)
  Check.expect(trims.positive?, "a program that works is never trimmed by itself")
  Check.expect_equal([1, 1], threads, "the threads that a program with one thread sees")
  trims
end

def prove_budget
  least = { "RUBY_MALLOC_TRIM_SHARE" => "0.0001", "RUBY_MALLOC_TRIM_IDLE" => "0" }
  majors, trims = program(BUDGET, least).split.map(&:to_i)
  Check.expect(majors > 50, "there were #{majors} major GCs, too few to tell")
  Check.expect(trims < majors / 4, "#{trims} trims in #{majors} major GCs cost more than a ten-thousandth of run time")
end

def prove_absence
  present = KEYS & GC.stat.keys
  Check.expect(present.empty?, "GC.stat has the keys #{present.inspect} in a variant that does not trim")
  Check.expect(!GC.respond_to?(:malloc_trim), "GC.malloc_trim exists in a variant that does not trim")
end

Check.prove do
  if Check::MALLOC_TRIM
    absent = KEYS.reject { |key| GC.stat[key].is_a?(Integer) }
    Check.expect(absent.empty?, "GC.stat lacks the integer keys #{absent.inspect}")
    majors = prove_counts
    prove_policies
    prove_warnings
    high, low = prove_fall
    prove_idle
    trims = prove_work
    prove_budget
    "one trim for each of #{majors.values.sum} major GCs (#{majors['automatic']} automatic) under every, off keeps 0, " \
      "#{high} MB resident fell to #{low}, also of an idle process, and #{trims} trims came by themselves"
  else
    prove_absence
    "no counters and no GC.malloc_trim, as the variant #{Check::VARIANT} does not trim"
  end
end
