# frozen_string_literal: true

# The trim variant gives memory back once for each major GC, can be switched off,
# and really makes the process smaller. Every other variant has none of it.

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

# Keeps one of a hundred strings, scattered over the arenas of four threads: the
# free memory between them never lies at the end, where free() would release it.
# Prints the resident bytes before and after a full GC, and the counted bytes.
CHURN = <<~'RUBY'
  def resident = Integer(File.read("/proc/self/statm").split[1]) * Etc.sysconf(Etc::SC_PAGESIZE)

  def churn
    4.times.map do
      Thread.new { Array.new(20_000) { |i| i % 100 == 0 ? [Thread.current, "k" * 1_000].last : "x" * 1_000 } }
    end.map(&:value)
  end

  strings = churn
  high = resident
  kept = strings.flat_map { |list| list.each_slice(100).map(&:first) }
  strings.each(&:clear)
  2.times { GC.start }
  puts [high, resident, GC.stat(:malloc_trim_bytes), kept.sum(&:size)].join(" ")
RUBY

def program(source, policy)
  Check.ruby("-W0", "-retc", "-e", source, env: { "RUBY_MALLOC_TRIM" => policy })
end

def prove_counts
  rows = program(COUNTING, "every").lines.map(&:split)
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
  Check.expect_equal("false 0 0 0", program(show, "off"), "GC.malloc_trim and the counters under RUBY_MALLOC_TRIM=off")

  counts = "a = GC.stat(:malloc_trim_count); GC.malloc_trim; print GC.stat(:malloc_trim_count) - a"
  Check.expect_equal("1", program(counts, "every"), "the trims that GC.malloc_trim counts")

  env = { "RUBY_MALLOC_TRIM" => "sometimes" }
  out, err, status = Open3.capture3(env, Check::RUBY, "-e", "GC.start; print GC.stat(:malloc_trim_count)")
  Check.expect(status.success? && out.to_i.positive?, "an unknown RUBY_MALLOC_TRIM does not leave the default on")
  Check.expect(err.lines.size == 1 && %w[sometimes every off].all? { |word| err.include?(word) },
               "the warning about an unknown RUBY_MALLOC_TRIM is #{err.inspect}")
end

# Returns the resident megabytes before and after.
def prove_fall
  high, low, counted, kept = program(CHURN, "every").split.map(&:to_i)
  high_off, low_off, = program(CHURN, "off").split.map(&:to_i)
  Check.expect_equal(800_000, kept, "the bytes that the workload keeps")
  Check.expect(low < high * 0.6, "a full GC left #{low} of #{high} resident bytes")
  Check.expect(high - low > 2 * (high_off - low_off),
               "RUBY_MALLOC_TRIM=off gives back as much: #{high_off} resident bytes fell to #{low_off}")
  Check.expect(counted > (high - low) / 2, "malloc_trim_bytes is #{counted}, but #{high - low} bytes were given back")
  [high, low].map { |bytes| bytes / 1_000_000 }
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
    high, low = prove_fall
    "one trim for each of #{majors.values.sum} major GCs (#{majors['automatic']} automatic), off keeps 0, " \
      "#{high} MB resident fell to #{low}"
  else
    prove_absence
    "no counters and no GC.malloc_trim, as the variant #{Check::VARIANT} does not trim"
  end
end
