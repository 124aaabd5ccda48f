# frozen_string_literal: true

# Lists the gems in an unpacked Ruby tree, as their own specifications describe them.
#
#   PREFIX_DIR/bin/ruby inventory.rb PREFIX_DIR OUTPUT_FILE
#
# The output is JSON: the release and platform of the Ruby that runs this, the version of RubyGems,
# and the gems sorted by name and version. A default gem comes as part of the standard library; any
# other one is bundled and may be removed.

require "json"
require "rbconfig"
require "rubygems"

class Inventory
  def initialize(prefix)
    @prefix = prefix
  end

  def to_h
    fail!("no gem has a specification below #{@prefix}") if specifications.empty?

    {
      schema: 1, ruby: RUBY_VERSION, platform: RbConfig::CONFIG.fetch("arch"), rubygems: Gem::VERSION,
      gems: specifications.map { |path| describe(path) }.sort_by { |gem| [gem[:name], gem[:version]] }
    }
  end

  private

  def specifications
    @specifications ||= Dir.glob("lib/ruby/gems/*/specifications/**/*.gemspec", base: @prefix).sort
  end

  def describe(path)
    spec = Gem::Specification.load(File.join(@prefix, path)) or fail!("#{path} cannot be read")
    {
      name: spec.name, version: spec.version.to_s, licenses: spec.licenses.map(&:to_s),
      homepage: spec.homepage.to_s, default: path.include?("/specifications/default/"),
      extensions: !spec.extensions.empty?
    }
  end

  def fail!(sentence)
    abort("inventory: #{sentence}")
  end
end

prefix, output, *rest = ARGV
abort("inventory: usage: inventory.rb PREFIX_DIR OUTPUT_FILE") unless output && rest.empty? && File.directory?(prefix)
File.write(output, "#{JSON.pretty_generate(Inventory.new(File.realpath(prefix)).to_h)}\n")
