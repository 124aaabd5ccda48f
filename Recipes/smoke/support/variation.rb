# frozen_string_literal: true

# Makes another package out of the one under test, for the checks that need two:
#
#   variation.rb DEB OUTPUT previous|neighbour
#
# `previous` has a lower version, one file with other content, one file more and one
# less. `neighbour` has another name and another prefix. Both are stored uncompressed:
# they are thrown away after the check.

require "digest"
require "rbconfig"
require "tmpdir"
require_relative "check"

class Variation
  def initialize(deb, tree)
    Check.run("dpkg-deb", "--raw-extract", deb, tree)
    @tree = tree
    @control = File.read(path("DEBIAN/control"))
    @package = field("Package")
  end

  def previous
    replace("Version", "#{field('Version')}~previous")
    library = RbConfig::CONFIG["rubylibdir"]
    File.write(path("#{library}/English.rb"), "\n# An older revision.\n", mode: "a")
    File.write(path("#{library}/lapidary-previous.rb"), "# Only an older revision has this.\n")
    File.delete(path("#{library}/un.rb"))
  end

  def neighbour
    name = "#{@package}-neighbour"
    replace("Package", name)
    [[Check::PREFIX, "#{Check::PREFIX}-neighbour"], ["/usr/share/doc/#{@package}", "/usr/share/doc/#{name}"]].each do |from, to|
      File.rename(path(from), path(to)) if File.exist?(path(from))
    end
    Dir.glob(path("DEBIAN/{pre,post}{inst,rm}")).each do |script|
      File.write(script, File.read(script).gsub(/#{Regexp.escape(Check::PREFIX)}(?![\w.+-])/, "#{Check::PREFIX}-neighbour"))
    end
  end

  def build(output)
    File.write(path("DEBIAN/control"), @control)
    sums = Dir.glob("**/*", File::FNM_DOTMATCH, base: @tree).reject { |name| name.start_with?("DEBIAN") }.select do |name|
      File.lstat(path(name)).file?
    end
    File.write(path("DEBIAN/md5sums"), sums.sort.map { |name| "#{Digest::MD5.file(path(name))}  #{name}\n" }.join)
    Check.run("dpkg-deb", "--root-owner-group", "-Znone", "--build", @tree, output)
  end

  private

  def path(name) = File.join(@tree, name)

  def field(name) = @control[/^#{name}: (.*)$/, 1]

  def replace(name, value)
    @control = @control.sub(/^#{name}: .*$/, "#{name}: #{value}")
  end
end

Check.prove do
  deb, output, kind = ARGV
  Dir.mktmpdir("variation") do |dir|
    variation = Variation.new(deb, File.join(dir, "tree"))
    { "previous" => variation.method(:previous), "neighbour" => variation.method(:neighbour) }.fetch(kind).call
    variation.build(output)
  end
  "made #{output}"
end
