# frozen_string_literal: true

require "yaml"
require_relative "trial"

# The rows of Recipes/gates.yaml for one variant of one release, tried in this session.
class Gate
  RECIPE = File.expand_path("../../gates.yaml", __dir__)
  # A row that misses its limit is tried so often again, with every process a fresh one. It has
  # missed only if it misses each time.
  AGAIN = 2

  # One figure and what it may be.
  class Row
    attr_reader :name, :trials, :means

    def initialize(recipe)
      @name = recipe.fetch("name")
      @figure = recipe.fetch("figure")
      @against = recipe["against"]
      @limits = recipe.values_at("at-least", "at-most")
      @means = recipe.fetch("means")
      @trials = [recipe.fetch("trial"), (@against unless @against == "live")].compact
    end

    def trimmable? = @figure == "trimmable"

    # The figure, by a Hash of the trials' results.
    def figure(results)
      of, against = results.values_at(*@trials)
      case @figure
      when "trimmable" then [of.settled - of.trimmed, 0].max.fdiv(of.settled)
      when "growth" then (of.settled - of.halfway) / Trial::MEBIBYTE
      when "settled"
        divisor = @against == "live" ? of.live : against&.settled
        divisor ? of.settled.fdiv(divisor) : of.settled / Trial::MEBIBYTE
      else raise Check::Failure, "#{RECIPE} has a figure that nobody knows: #{@figure}"
      end
    end

    def missed?(figure)
      least, most = @limits
      (least && figure < least) || (most && figure > most) || false
    end

    def limit
      words = ["at least", "at most"].zip(@limits).map { |word, limit| "#{word} #{limit}" if limit }.compact
      words.empty? ? "only reported" : words.join(" and ")
    end

    def show(figure) = "#{format('%.2f', figure)}#{' MiB' if @figure != 'trimmable' && !@against}"

    # What was measured, for whoever asks what a ratio is made of.
    def basis(results)
      @trials.map { |trial| "#{trial} #{format('%.1f', results[trial].settled / Trial::MEBIBYTE)} MiB" }.join(", ")
    end
  end

  def initialize(variant, release)
    of = { "variants" => variant, "series" => release[/\A\d+\.\d+/] }
    recipe = YAML.safe_load(File.read(RECIPE))
    common = settings(recipe.fetch("environment"))
    @trials = recipe.fetch("trials").to_h do |trial|
      [trial.fetch("name"), [trial.fetch("workload"), common.merge(settings(trial.fetch("environment")))]]
    end
    # YAML would make 3.1 of 3.10.
    Check.expect(recipe.fetch("rows").flat_map { |row| row["series"].to_a }.all?(String), "#{RECIPE} has a series without quotes")
    rows = recipe.fetch("rows").select { |row| of.all? { |key, value| row.fetch(key, [value]).include?(value) } }
    @rows = rows.map { |row| Row.new(row) }
    @trimmed = @rows.select(&:trimmable?).flat_map(&:trials)
  end

  attr_reader :rows

  # Tries every row and yields a line for each. Returns those that missed, as pairs of the row
  # and its last figure.
  def try
    results = run(@rows.flat_map(&:trials))
    @rows.filter_map do |row|
      figures = [row.figure(results)]
      figures << row.figure(run(row.trials)) while row.missed?(figures.last) && figures.size <= AGAIN
      missed = row.missed?(figures.last)
      yield line(row, figures, missed, row.basis(results))
      [row, figures.last] if missed
    end
  end

  private

  def settings(pairs) = pairs.to_h { |pair| pair.split("=", 2) }

  def run(names)
    names.uniq.to_h { |name| [name, Trial.run(*@trials.fetch(name), trim: @trimmed.include?(name))] }
  end

  def line(row, figures, missed, basis)
    first, *again = figures.map { |figure| row.show(figure) }
    retried = ", and on fresh runs #{again.join(', ')}" unless again.empty?
    "#{missed ? 'missed' : 'held'} #{row.name}: #{first}#{retried}; #{row.limit} (#{basis})"
  end
end
