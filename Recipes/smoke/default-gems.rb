# frozen_string_literal: true

# The default gems with C parts are made again from the release's own source as
# gems of their own, installed into a folder of the user's, and loaded from there
# instead of from the package: what `gem install openssl` does, without a network.

require "etc"
require "fileutils"
require "tmpdir"
require_relative "support/check"

# The C sources are not installed; they come from the archive that the release was built from.
SOURCE = "/inputs/source"

# Ruby's tree has the C code of these among the interpreter's own, and no extconf.rb for it.
NOT_IN_TREE = %w[prism].freeze
# The C code of these is for Windows only.
NOT_FOR_LINUX = %w[resolv].freeze

class DefaultGem
  attr_reader :name, :version

  def initialize(spec, source, dir)
    @name = spec.name
    @version = spec.version.to_s
    @source = source
    @dir = File.join(dir, "#{name}-#{version}")
  end

  # Ruby's tree keeps a gem's C code and the Ruby code that needs it in ext/NAME, other Ruby code
  # in lib; `-` in a gem's name stands for a folder.
  def folder = name.delete_suffix("-ext").tr("-", "/")

  # Lays out a gem and builds it. Returns the file.
  def build(gem, env)
    copy_extension
    copy_library
    File.write(File.join(@dir, "made.gemspec"), <<~RUBY)
      Gem::Specification.new do |spec|
        spec.name = #{name.inspect}
        spec.version = #{version.inspect}
        spec.summary = "made again"
        spec.authors = ["nobody"]
        spec.license = "Ruby"
        spec.homepage = "https://facet.invalid"
        spec.files = Dir.glob("{ext,lib}/**/*").select { |path| File.file?(path) }
        spec.extensions = Dir.glob("ext/**/extconf.rb").sort_by { |path| [path.count("/"), path] }
      end
    RUBY
    Check.run(gem, "build", "--force", "made.gemspec", env: env, chdir: @dir)
    File.join(@dir, "#{name}-#{version}.gem")
  end

  # In a fresh process: every object of the new gem is loaded, and from the new place.
  def expect_in_use(home, env)
    Check.ruby("-e", <<~'RUBY', name, version, folder, home, env: env, chdir: "/")
      name, version, library, home = ARGV
      gem name, version
      begin
        require library
      rescue LoadError => e
        raise unless e.path == library
      end
      spec = Gem.loaded_specs.fetch(name)
      abort "#{spec.full_name} was activated from #{spec.base_dir}" unless spec.base_dir == home && !spec.default_gem?
      objects = Dir.glob("**/*.so", base: spec.extension_dir)
      abort "it has no extension" if objects.empty?
      objects.each do |object|
        require object.delete_suffix(".so")
        place = $LOADED_FEATURES.grep(/\/#{Regexp.escape(object)}\z/)
        abort "#{object} was loaded from #{place.inspect}" unless place.size == 1 && place[0].start_with?(home + "/")
      end
    RUBY
  rescue Check::Failure => e
    raise Check::Failure, "the #{name} #{version} that was installed by the user is not used: #{e.message}"
  end

  private

  def copy_extension
    from = File.join(@source, "ext", folder)
    Check.expect(Dir.glob("#{from}/**/extconf.rb").any?, "the release's source has no extension #{folder}")
    to = File.join(@dir, "ext", folder)
    FileUtils.mkdir_p(File.dirname(to))
    FileUtils.cp_r(from, to)
    # A library beside the extension a/b is installed into the folder a.
    Dir.glob(["#{to}/lib", "#{to}/**/lib"]).uniq.each do |lib|
      place = File.dirname(lib.delete_prefix("#{@dir}/ext/"), 2)
      target = File.join(@dir, "lib", place == "." ? "" : place)
      FileUtils.mkdir_p(target)
      FileUtils.cp_r("#{lib}/.", target)
      FileUtils.rm_r(lib)
    end
  end

  def copy_library
    Dir.glob([File.join(@source, "lib", "#{folder}.rb"), File.join(@source, "lib", folder)]).each do |path|
      target = File.join(@dir, "lib", File.dirname(folder))
      FileUtils.mkdir_p(target)
      FileUtils.cp_r(path, target)
    end
  end
end

# Unpacks only what gems are made of: folders that are named there, below the archive's one folder.
def unpack(names, dir)
  folders = names.flat_map { |name| folder = name.delete_suffix("-ext").tr("-", "/"); ["ext/#{folder}", "lib/#{folder}", "lib/#{folder}.rb"] }
  listing = Check.run("tar", "--list", "--file=#{SOURCE}").lines(chomp: true)
  root = listing.first.split("/").first
  wanted = folders.map { |folder| "#{root}/#{folder}" }
  members = listing.select { |path| wanted.any? { |folder| path == folder || path.start_with?("#{folder}/") } && !path.end_with?("/") }
  list = File.join(dir, "members")
  File.write(list, members.join("\n"))
  Check.run("tar", "--extract", "--file=#{SOURCE}", "--directory=#{dir}", "--no-same-owner", "--verbatim-files-from", "--files-from=#{list}")
  File.join(dir, root)
end

Check.prove do
  specs = Gem::Specification.select { |spec| spec.default_gem? && spec.extensions.any? }
  specs = specs.reject { |spec| (NOT_IN_TREE + NOT_FOR_LINUX).include?(spec.name) }.sort_by(&:name)
  Check.expect(specs.size >= 15, "only #{specs.size} default gems with C parts were found")
  Dir.mktmpdir("default-gems") do |dir|
    source = unpack(specs.map(&:name), dir)
    gem = File.join(Check::PREFIX, "bin/gem")
    usual = {
      "HOME" => dir, "RUBYOPT" => nil, "RUBYLIB" => nil,
      # How well the code is optimised is proven elsewhere; here it only costs time.
      "MAKEFLAGS" => "-j#{[Etc.nprocessors, 8].min} optflags=-O0 debugflags=",
    }
    gems = specs.map { |spec| DefaultGem.new(spec, source, dir) }
    gems.each do |made|
      # One folder for each: where there is a gem already, RubyGems 3.3.3 takes a default gem of the
      # same version for installed, and compiles what it never unpacked.
      home = File.join(dir, "home", made.name)
      env = usual.merge("GEM_HOME" => home, "GEM_PATH" => home)
      file = made.build(gem, env)
      Check.run(gem, "install", "--local", "--force", "--no-document", file, env: env, chdir: dir)
      made.expect_in_use(home, env)
    end
    "#{gems.size} default gems were compiled from the release's source and are used in place of the package's: " \
      "#{gems.map(&:name).join(', ')}"
  end
end
