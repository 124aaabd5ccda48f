# frozen_string_literal: true

# lintian finds no error and no warning in the package but those that
# Recipes/lintian.yaml explains, and every explanation still explains something.

require "yaml"
require_relative "support/check"

PACKAGE = "/inputs/package.deb"
EXPLANATIONS = File.expand_path("../lintian.yaml", __dir__)

Explanation = Struct.new(:tag, :reason, :paths, :optional, :uses) do
  def self.read(entry)
    unknown = entry.keys - %w[tag reason paths optional]
    Check.expect(unknown.empty?, "lintian.yaml has the unknown key #{unknown.first.inspect}")
    absent = %w[tag reason].reject { |key| entry[key].is_a?(String) && !entry[key].strip.empty? }
    Check.expect(absent.empty?, "an entry of lintian.yaml has no #{absent.first}: #{entry.inspect}")
    new(entry["tag"], entry["reason"], entry["paths"], entry["optional"] == true, 0)
  end

  # A place is what lintian puts into brackets, with a line's number at its end.
  def covers?(hint)
    return false unless hint.tag == tag
    return paths.nil? if hint.path.nil?

    !paths.nil? && paths.any? { |pattern| Explanation.pattern(pattern).match?(hint.path) }
  end

  def self.pattern(text)
    /\A#{text.split(/(\*\*|\*)/).map { |part| { "**" => ".*", "*" => "[^/]*" }[part] || Regexp.escape(part) }.join}\z/
  end
end

# A line such as `E: package: tag context [path:line]`.
Hint = Struct.new(:line, :tag, :path) do
  def self.read(line)
    match = line.match(/\A[EW]: \S+?: (?<tag>\S+)(?<rest>.*)\z/) or raise Check::Failure, "lintian said #{line.inspect}"
    new(line, match[:tag], match[:rest][/\[([^\]]+?)(?::\d+)?\]\z/, 1])
  end
end

def hints
  out, err, status = Open3.capture3("lintian", "--no-cfg", "--tag-display-limit", "0", "--color", "never", PACKAGE)
  # 0 for nothing of weight, 2 for errors (lintian(1), "EXIT STATUS").
  Check.expect([0, 2].include?(status.exitstatus) && err.strip.empty?, "lintian failed (#{status}): #{Check.one_line(err)}")
  out.lines(chomp: true).grep(/\A[EW]: /).map { |line| Hint.read(line) }
end

Check.prove do
  explanations = YAML.safe_load_file(EXPLANATIONS).map { |entry| Explanation.read(entry) }
  found = hints
  unexplained = found.reject do |hint|
    explanations.find { |explanation| explanation.covers?(hint) }&.then { |explanation| explanation.uses += 1 }
  end
  more = unexplained.size > 5 ? " and #{unexplained.size - 5} more" : ""
  Check.expect(unexplained.empty?, "unexplained: #{unexplained.first(5).map(&:line).join('; ')}#{more}")
  stale = explanations.select { |explanation| explanation.uses.zero? && !explanation.optional }
  Check.expect(stale.empty?, "lintian.yaml explains what lintian does not say: #{stale.map(&:tag).join(', ')}")
  tags = explanations.reject { |explanation| explanation.uses.zero? }
  "#{found.size} errors and warnings, all explained: #{tags.map { |explanation| "#{explanation.tag} #{explanation.uses}" }.join(', ')}"
end
