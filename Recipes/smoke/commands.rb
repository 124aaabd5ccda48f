# frozen_string_literal: true

# Every program of the package starts and does one real thing.

require "fileutils"
require "tmpdir"
require_relative "support/check"

BIN = File.join(Check::PREFIX, "bin")

# Nothing of the package may be written to; each program has a home of its own.
class Programs
  def initialize(dir)
    @dir = dir
    @env = {
      "HOME" => dir, "IRBRC" => "/dev/null", "TERM" => "dumb", "PAGER" => "cat", "RI_PAGER" => "cat",
      "GEM_HOME" => File.join(dir, "gems"), "BUNDLE_SILENCE_ROOT_WARNING" => "1", "RUBYOPT" => nil, "RUBYLIB" => nil,
      # Programs that start others by name find those of the package.
      "PATH" => "#{BIN}:#{ENV.fetch('PATH')}",
    }
  end

  def call(name, *arguments, input: "")
    out, err, status = Open3.capture3(@env, File.join(BIN, name), *arguments, stdin_data: input, chdir: @dir)
    title = [name, *arguments].join(" ")
    Check.expect(status.success?, "`#{title}` failed (#{status}): #{Check.one_line(err.strip.empty? ? out : err)}")
    out
  end

  def expect(pattern, name, *arguments, **options)
    said = call(name, *arguments, **options)
    Check.expect(said.match?(pattern), "`#{[name, *arguments].join(' ')}` said #{Check.one_line(said).inspect}")
  end

  def glob(pattern) = Dir.glob(pattern, base: @dir)

  def file(name, text) = File.join(@dir, name).tap { |path| File.write(path, text) }
end

# By the program's name; each block is given Programs. A program that some series have
# and others do not is tried where it is.
EXERCISES = {
  "ruby" => ->(run) { run.expect(/\A42\n\z/, "ruby", "-e", "puts 6 * 7") },
  "irb" => lambda do |run|
    run.expect(/^(=> )?42$/, "irb", "--noautocomplete", "--nocolorize", "--noreadline", "-f", input: "6 * 7\n")
  end,
  "erb" => ->(run) { run.expect(/\A1 2 \n?\z/, "erb", run.file("list.erb", "<% [1, 2].each do |n| %><%= n %> <% end %>")) },
  "rdoc" => lambda do |run|
    run.file("gem.rb", "# Cuts stones.\nclass Facet\n  # Cuts once.\n  def cut; end\nend\n")
    run.call("rdoc", "--quiet", "--ri", "--op", "docs", "gem.rb")
    Check.expect(run.glob("docs/Facet/*.ri").any?, "`rdoc --ri` wrote nothing of Facet")
  end,
  "ri" => ->(run) { run.expect(/Cuts once\./, "ri", "--no-pager", "--doc-dir", "docs", "Facet#cut") },
  "rake" => lambda do |run|
    run.file("Rakefile", "task(:one) { print 1 }\ntask(two: :one) { print 2 }\n")
    run.expect(/\A12\z/, "rake", "two")
  end,
  "gem" => lambda do |run|
    run.expect(/^rake \(/, "gem", "list", "--local")
    path = run.call("gem", "environment", "gempath").chomp.split(":")
    Check.expect(path.include?(Gem.default_dir), "`gem environment gempath` names #{path.inspect} without #{Gem.default_dir}")
  end,
  "bundle" => lambda do |run|
    run.file("Gemfile", "gem 'rake'\n")
    run.expect(/^ +\* rake \(/, "bundle", "list")
  end,
  "bundler" => ->(run) { run.expect(/\A(Bundler version )?\d+\.\d+/, "bundler", "--version") },
  "racc" => lambda do |run|
    run.file("one.y", "class One\nrule\n  one: A\nend\n")
    run.call("racc", "-o", "one.rb", "one.y")
    run.expect(/\Aok\z/, "ruby", "-r./one", "-e", 'class One; def next_token = (@t ||= [[:A, 1], [false, nil]]).shift; end; print(One.new.do_parse == 1 ? "ok" : "bad")')
  end,
  "rbs" => lambda do |run|
    run.file("facet.rbs", "class Facet\n  def cut: (Integer) -> String\nend\n")
    run.expect(/def cut: \(::?Integer\) -> ::?String|cut.*Integer.*String/m, "rbs", "-I", ".", "method", "Facet", "cut")
  end,
  "typeprof" => lambda do |run|
    run.file("twice.rb", "def twice(n) = n + n\ntwice(1)\n")
    run.expect(/def twice: \(Integer( n)?\) -> Integer/, "typeprof", "twice.rb")
  end,
  "rdbg" => lambda do |run|
    run.file("stop.rb", "stone = 40\nputs stone + 2\n")
    run.expect(/=> 41.*^42$/m, "rdbg", "--no-color", "-e", "b 2 ;; c ;; p stone + 1 ;; c", "stop.rb")
  end,
  "syntax_suggest" => lambda do |run|
    run.expect(/Syntax OK/, "syntax_suggest", run.file("fine.rb", "def a\nend\n"))
  end,
}.freeze

# The first line of a script, or of the Ruby code after the shell's of a relocatable one.
def expect_own_interpreter(name)
  path = File.join(BIN, name)
  head = File.binread(path, 2048)
  return if head.start_with?("\x7FELF".b)

  first = head.lines.first.to_s.chomp
  own = first == "#!#{BIN}/ruby" || (first == "#!/bin/sh" && head.include?('"$bindir/ruby"'))
  Check.expect(own, "bin/#{name} begins with #{first.inspect}, which does not lead to the package's ruby")
end

Check.prove do
  names = Dir.children(BIN).sort
  unknown = names - EXERCISES.keys
  Check.expect(unknown.empty?, "no exercise is known for bin/#{unknown.join(', bin/')}")
  missing = %w[ruby irb erb rdoc ri rake gem bundle bundler racc rbs typeprof rdbg] - names
  Check.expect(missing.empty?, "the package has no bin/#{missing.join(', bin/')}")
  names.each { |name| expect_own_interpreter(name) }
  Dir.mktmpdir("commands") do |dir|
    run = Programs.new(dir)
    EXERCISES.each { |name, exercise| exercise.call(run) if names.include?(name) }
  end
  "#{names.size} programs did one thing each: #{names.join(', ')}"
end
