# frozen_string_literal: true

# What every smoke check shares: a check proves something in one line and exits
# 0, or fails with one sentence on stderr and exits 1.

require "open3"
require "rbconfig"

module Check
  Failure = Class.new(StandardError)

  PREFIX = ENV.fetch("LAPIDARY_PREFIX")
  RELEASE = ENV.fetch("LAPIDARY_RELEASE")
  VARIANT = ENV.fetch("LAPIDARY_VARIANT")
  # The library that malloc comes from, or none for the C library.
  ALLOCATOR = ENV.fetch("LAPIDARY_ALLOCATOR")
  MALLOC_TRIM = { "yes" => true, "no" => false }.fetch(ENV.fetch("LAPIDARY_MALLOC_TRIM"))

  # The packaged interpreter by its path: nothing else in PATH may stand in.
  RUBY = File.join(PREFIX, "bin/ruby")

  module_function

  # The block returns the sentence that was proven.
  def prove
    puts yield
  rescue StandardError, ScriptError => e
    origin = e.is_a?(Failure) ? "" : "#{e.class}: "
    fail!("#{origin}#{one_line(e.message)}")
  end

  def fail!(sentence)
    warn("#{File.basename($PROGRAM_NAME, '.rb')}: #{sentence}")
    exit 1
  end

  # A library that cannot be loaded is a finding too, not a backtrace.
  def need(*libraries)
    libraries.each { |name| require name }
  rescue LoadError => e
    fail!("cannot load what it is about: #{one_line(e.message)}")
  end

  def expect(condition, sentence)
    raise Failure, sentence unless condition
  end

  def expect_equal(expected, actual, what)
    expect(expected == actual, "#{what} is #{actual.inspect} instead of #{expected.inspect}")
  end

  def expect_error(error, what)
    yield
  rescue error => e
    e
  else
    raise Failure, "#{what} raised no #{error}"
  end

  # Runs a program to its end and returns what it wrote to stdout.
  def run(*command, env: {}, chdir: Dir.pwd)
    out, err, status = Open3.capture3(env, *command, chdir: chdir)
    return out if status.success?

    reason = err.strip.empty? ? out : err
    title = command.map { |word| word.lines.first.to_s.chomp }.join(" ")
    raise Failure, "`#{title}` failed (#{status}): #{one_line(reason)}"
  end

  def ruby(*arguments, **options)
    run(RUBY, *arguments, **options)
  end

  def one_line(text)
    text.strip.lines.map(&:strip).join(" ")[0, 400]
  end
end
