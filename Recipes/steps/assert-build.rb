# frozen_string_literal: true

# Asserts that a staged Ruby tree is what we mean to ship. Every violation is
# reported, one sentence each, so that one build shows all there is to mend.
#
#   PREFIX_DIR/bin/ruby assert-build.rb PREFIX_DIR VERSION VARIANT TRIM ALLOCATOR SOURCE_DIR
#
# TRIM is yes or no; ALLOCATOR is the library that malloc comes from, or none for
# the C library's own; SOURCE_DIR is the unpacked source that was compiled.

require "find"
require "open3"
require "rbconfig"

# What tools say is read here, whatever language the caller speaks.
ENV["LC_ALL"] = "C.UTF-8"
ENV.delete("LANGUAGE")

class AssertBuild
  # One name for every library that is compiled only if something was installed
  # in the root, or that people miss first.
  LIBRARIES = %w[
    bigdecimal cgi/escape coverage date digest/sha2 etc fcntl fiddle
    io/console io/nonblock io/wait json monitor nkf objspace openssl pathname
    psych pty readline reline ripper socket stringio strscan syslog zlib
  ].freeze
  # What came with a later series.
  LATER_LIBRARIES = { "erb/escape" => "3.2" }.freeze

  # What loads every C extension of a bundled gem; the gem's name if not here.
  ENTRY_POINTS = { "debug" => "debug/session" }.freeze

  CHECKS = %i[
    check_identity check_trim check_allocator check_yjit check_relocation
    check_libraries check_encodings check_bundled_gems check_files
  ].freeze

  # Where memory comes from and goes to: one allocator must serve all of them.
  MALLOC_SYMBOLS = %w[malloc calloc realloc free].freeze

  TRIM_KEYS = %i[malloc_trim_count malloc_trim_time malloc_trim_bytes].freeze

  # Folders of the build sandbox. A relative path that happens to have such a
  # folder in it ("../build/") is no leak.
  BUILD_PATHS = %r{(?<![\w.])/(?:build|outputs)/}n

  LEFTOVERS = %r{/(?:gem_make\.out|mkmf\.log|exts\.mk|created\.rid|\.gem\.[^/]*)\z
                |/gems/[^/]+/ext/.*(?:/Makefile|/extconf\.h|\.o|\.so)\z
                |/cache/[^/]+\.gem\z
                |/bin/[^/]+\.lock\z}x

  def initialize(prefix, version, variant, trim, allocator, source)
    @prefix = prefix
    @version = version
    @variant = variant
    @trim = trim
    @allocator = allocator
    @source = source
    @ruby = File.join(prefix, "bin/ruby")
    @violations = []
  end

  def run
    CHECKS.each do |check|
      send(check)
    rescue StandardError, ScriptError => e
      violation("#{check} could not be finished: #{e.class}: #{one_line(e.message)}")
    end
    report
  end

  private

  def check_identity
    require_that(RUBY_VERSION == @version, "RUBY_VERSION is #{RUBY_VERSION} instead of #{@version}")
    [RbConfig::CONFIG, RbConfig::MAKEFILE_CONFIG].zip(%w[CONFIG MAKEFILE_CONFIG]) do |config, name|
      variant = config["RUBY_VARIANT"]
      require_that(variant == @variant, "RbConfig::#{name} says the variant is #{variant.inspect} instead of #{@variant}")
    end
  end

  def check_trim
    TRIM_KEYS.each do |key|
      present = GC.stat.key?(key)
      require_that(present == @trim, "GC.stat #{present ? 'has' : 'lacks'} the key #{key}")
    end
    marked = ruby("-v").include?(" +trim ")
    require_that(marked == @trim, "`ruby -v` #{marked ? 'carries' : 'lacks'} the +trim marker")
  end

  # RbConfig and `ruby -v` must tell the truth, and linking alone is none: what
  # counts is the object that the dynamic linker takes malloc from.
  def check_allocator
    libraries = RbConfig::CONFIG["MAINLIBS"].split
    if @allocator == "none"
      expected = /\Alibc\.so\.6\z/
    else
      expected = /\Alib#{Regexp.escape(@allocator)}\.so/
      named = libraries.first == "-l#{@allocator}"
      require_that(named, "RbConfig's MAINLIBS begin with #{libraries.first.inspect} instead of -l#{@allocator}")
      require_that(ruby("-v").include?(" +#{@variant} "), "`ruby -v` lacks +#{@variant}")
    end
    check_bindings(expected)
  end

  # What LD_DEBUG=bindings says (ld.so(8)):
  # `binding file A [0] to B [0]: normal symbol `malloc' [GLIBC_2.2.5]`
  def check_bindings(expected)
    output, = Open3.capture2e({ "LD_DEBUG" => "bindings" }, @ruby, "-ropenssl", "-e", "exit")
    bound = output.scan(/binding file (\S+) \[\d+\] to (\S+) \[\d+\]: normal symbol `(\w+)'/)
                  .select { |_, _, symbol| MALLOC_SYMBOLS.include?(symbol) }
                  .map { |from, to, symbol| [File.basename(from), File.basename(to), symbol] }.uniq
    %w[libruby.so libcrypto.so].each do |name|
      seen = bound.any? { |from, _, _| from.start_with?(name) }
      require_that(seen, "the dynamic linker did not say where #{name} takes malloc from")
    end
    lost = bound.reject { |_, to, _| expected.match?(to) }
    return if lost.empty?

    from, to, symbol = lost.first
    wanted = @allocator == "none" ? "libc.so.6" : "lib#{@allocator}"
    violation("the allocator is lost: #{symbol} of #{from} comes from #{to} instead of #{wanted}" \
              "#{" (does that library define #{symbol}?)" unless @allocator == 'none'}")
  end

  # Turning it on later came with 3.3.
  def check_yjit
    line = ruby("--yjit", "-v")
    require_that(line.include?(" +YJIT "), "`ruby --yjit -v` lacks +YJIT")
    enabled = ruby("--yjit", "-e", "print RubyVM::YJIT.enabled?")
    require_that(enabled == "true", "YJIT is not built in")
  end

  # The tree does not lie where it was configured to, so this also shows that it
  # finds itself.
  def check_relocation
    relative = RbConfig::CONFIG["LIBRUBY_RELATIVE"]
    require_that(relative == "yes", "LIBRUBY_RELATIVE is #{relative.inspect} instead of \"yes\"")
    found = RbConfig::CONFIG["prefix"]
    require_that(found == @prefix, "the prefix found at run time is #{found} instead of #{@prefix}")
    maps = File.foreach("/proc/self/maps").grep(/libruby\.so/)
    loaded = maps.map { |line| File.dirname(line.split.last) }.uniq
    require_that(loaded == ["#{@prefix}/lib"], "libruby is loaded from #{loaded.inspect} instead of #{@prefix}/lib")
  end

  def check_libraries
    later = LATER_LIBRARIES.select { |_, since| (RUBY_VERSION.split(".").map(&:to_i) <=> since.split(".").map(&:to_i)) >= 0 }
    (LIBRARIES + later.keys).each do |name|
      require name
    rescue LoadError, StandardError => e
      violation("the library #{name} cannot be loaded: #{one_line(e.message)}")
    end
    require_that(defined?(Integer::GMP_VERSION), "Integer::GMP_VERSION is missing: Integer was built without GMP")
  end

  # An encoding that cannot be loaded is only warned about: both streams count.
  def check_encodings
    output, = Open3.capture2e(@ruby, "-e", <<~'RUBY')
      Encoding.list.each { |encoding| (+"").force_encoding(encoding).valid_encoding? }
      print "\u3042".encode("Shift_JIS").unpack1("H*")
    RUBY
    require_that(output == "82a0", "loading all encodings and U+3042 as Shift_JIS should print 82a0 alone, not: #{one_line(output)}")
  end

  def check_bundled_gems
    gems = File.foreach(File.join(@source, "gems/bundled_gems")).filter_map do |line|
      line.split.first(2) unless line.match?(/\A\s*(#|\z)/)
    end
    require_that(!gems.empty?, "gems/bundled_gems names no gem")
    gems.each { |name, version| check_bundled_gem(name, version) }
  end

  def check_bundled_gem(name, version)
    specs = Gem::Specification.find_all_by_name(name, version)
    spec = specs.find { |found| found.base_dir.start_with?(@prefix) }
    return violation("the bundled gem #{name} #{version} is not installed") unless spec

    library = spec.require_paths.any? { |path| Dir.exist?(File.expand_path(path, spec.full_gem_path)) }
    require_that(library, "the bundled gem #{name} #{version} is installed without its library folder")
    check_extensions(spec) unless spec.extensions.empty?
  end

  # In a process of its own, as gems such as debug change the one they run in.
  def check_extensions(spec)
    objects = Dir.glob("**/*.so", base: spec.extension_dir)
    if objects.empty? || spec.missing_extensions?
      return violation("the C extensions of the bundled gem #{spec.full_name} were not built")
    end

    entry = ENTRY_POINTS.fetch(spec.name, spec.name)
    output, status = Open3.capture2e(@ruby, "-e", <<~RUBY, spec.name, spec.version.to_s, entry, *objects)
      name, version, entry, *objects = ARGV
      gem name, version
      require entry
      missing = objects.reject { |object| $LOADED_FEATURES.any? { |path| path.end_with?("/" + object) } }
      abort "it does not load " + missing.join(", ") unless missing.empty?
    RUBY
    require_that(status.success?, "the bundled gem #{spec.full_name} fails with its C extensions: #{one_line(output)}")
  end

  def check_files
    binaries = 0
    Find.find(@prefix) do |path|
      next unless File.lstat(path).file?

      name = path.delete_prefix("#{@prefix}/")
      require_that(!LEFTOVERS.match?(path), "the build leftover #{name} is still there")
      content = File.binread(path)
      leak = content[BUILD_PATHS]
      require_that(leak.nil?, "#{name} carries the build path #{leak}")
      next unless content.start_with?("\x7FELF".b)

      binaries += 1
      check_binary(path, name)
    end
    require_that(binaries > 50, "only #{binaries} ELF files were found")
  end

  def check_binary(path, name)
    parts = %w[--file-header --program-headers --dynamic --notes --wide]
    text, status = Open3.capture2e("readelf", *parts, path)
    return violation("readelf cannot read #{name}: #{one_line(text)}") unless status.success?

    run_path = text.scan(/\((?:RPATH|RUNPATH)\).*\[(.*)\]/).flatten.flat_map { |value| value.split(":", -1) }
    foreign = run_path.grep_v(/\A\$(?:ORIGIN|\{ORIGIN\})(?:\/|\z)/)
    require_that(foreign.empty?, "the run path of #{name} leads to #{foreign.inspect}")
    require_that(text.match?(/\(FLAGS\).*BIND_NOW|\(FLAGS_1\).*\bNOW\b/), "#{name} is not linked with -z now")
    require_that(text.include?("GNU_RELRO"), "#{name} is not linked with -z relro")
    require_that(text.include?("Build ID: "), "#{name} has no build-id")
    if text.match?(/^\s+INTERP\s/)
      require_that(text.match?(/^\s+Type:\s+DYN\b/), "#{name} is not a position-independent executable")
    end
    check_interpreter(text, run_path) if name == "bin/ruby"
  end

  def check_interpreter(text, run_path)
    right = run_path.any?(/\A\$(?:ORIGIN|\{ORIGIN\})\/\.\.\/lib\z/)
    require_that(right, "the run path of bin/ruby is #{run_path.inspect} instead of $ORIGIN/../lib")
    require_that(text.match?(/\(NEEDED\).*\[libruby\.so/), "bin/ruby does not link libruby as a shared library")
  end

  def report
    if @violations.empty?
      puts "assert-build: ruby #{@version} #{@variant} is as it should be"
    else
      @violations.each { |sentence| warn("assert-build: #{sentence}") }
      exit 1
    end
  end

  def ruby(*arguments)
    output, status = Open3.capture2e(@ruby, *arguments)
    violation("`ruby #{one_line(arguments.join(' '))}` failed: #{one_line(output)}") unless status.success?
    output
  end

  def require_that(condition, sentence)
    violation(sentence) unless condition
  end

  def violation(sentence)
    @violations << sentence
  end

  def one_line(text)
    text.strip.lines.first.to_s.chomp
  end
end

prefix, version, variant, trim, allocator, source, *rest = ARGV
unless source && rest.empty? && %w[yes no].include?(trim)
  abort("assert-build: usage: assert-build.rb PREFIX_DIR VERSION VARIANT TRIM(yes|no) ALLOCATOR SOURCE_DIR")
end
AssertBuild.new(File.realpath(prefix), version, variant, trim == "yes", allocator, source).run
