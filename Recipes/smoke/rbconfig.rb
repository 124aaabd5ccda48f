# frozen_string_literal: true

# What RbConfig and pkg-config tell other programs is true: paths lie under the
# prefix, programs are plain names or exist, and a C program that embeds Ruby
# builds and runs with what pkg-config says.

require "tmpdir"
require_relative "support/check"

# Folders of RbConfig that exist in a fresh package; the site's and vendor's are made on first use.
FOLDERS = %w[
  prefix exec_prefix bindir libdir archdir rubylibdir rubylibprefix rubyarchdir rubyhdrdir
  rubyarchhdrdir includedir topdir
].freeze

# Programs that gems and mkmf run, by their keys.
PROGRAMS = %w[
  CC CXX CPP LD AR AS NM RANLIB STRIP OBJCOPY OBJDUMP SHELL GREP EGREP INSTALL INSTALL_DATA
  INSTALL_PROGRAM INSTALL_SCRIPT MAKEDIRS MKDIR_P CP RM RMALL RMDIR TOUCH
].freeze

EMBEDDING = <<~'C'
  #include <ruby.h>

  int
  main(int argc, char **argv)
  {
      char *options[] = { argv[0], "-e", "require 'json'; puts [RUBY_VERSION, RbConfig::CONFIG['prefix']].to_json", NULL };
      char **arguments = options;
      ruby_sysinit(&argc, &argv);
      RUBY_INIT_STACK;
      ruby_init();
      return ruby_run_node(ruby_options(3, arguments));
  }
C

def folders
  FOLDERS.each do |key|
    value = RbConfig::CONFIG[key] or next
    Check.expect(value == Check::PREFIX || value.start_with?("#{Check::PREFIX}/"), "RbConfig's #{key} is #{value}, outside of #{Check::PREFIX}")
    Check.expect(Dir.exist?(value), "RbConfig's #{key} is #{value}, which does not exist")
  end
  %w[sitelibdir sitearchdir vendordir vendorlibdir].each do |key|
    value = RbConfig::CONFIG[key]
    Check.expect(value.nil? || value.start_with?("#{Check::PREFIX}/"), "RbConfig's #{key} is #{value}, outside of #{Check::PREFIX}")
  end
end

# A program is called by a plain name, or by a path that exists with and without merged /usr.
def programs
  path = ENV.fetch("PATH").split(":")
  PROGRAMS.each do |key|
    value = RbConfig::CONFIG[key].to_s
    next if value.empty? || value == ":"

    word = value.split.first
    where = word.start_with?("/") ? [word] : path.map { |folder| "#{folder}/#{word}" }
    Check.expect(where.any? { |file| File.executable?(file) }, "RbConfig's #{key} is #{value.inspect}, but there is no program #{word}")
    plain = !word.include?("/") || word.match?(%r{\A/bin/[\w+-]+\z}) || word == "/usr/bin/install"
    Check.expect(plain, "RbConfig's #{key} is #{value.inspect}: gems need a plain name, or one in /bin")
  end
  Check.expect(RbConfig::CONFIG["CC"].match?(/\A(gcc|cc|clang)\z/), "RbConfig's CC is #{RbConfig::CONFIG['CC'].inspect}, not a plain compiler")
end

# Values that name the machine that built, and flags without a value.
def values
  [RbConfig::CONFIG, RbConfig::MAKEFILE_CONFIG].each do |config|
    config.each do |key, value|
      leak = value.to_s[%r{(?<![\w.])/(?:build|inputs|outputs)(?=/|\s|'|\z)|ccache|sccache|/usr/local/|/(?:root|home)/}]
      Check.expect(leak.nil?, "RbConfig's #{key} names #{leak} of the machine that built it: #{value}")
    end
  end
  Check.expect_equal("yes", RbConfig::CONFIG["ENABLE_SHARED"], "RbConfig's ENABLE_SHARED")
  Check.expect_equal("libruby.so.#{Check::RELEASE}", RbConfig::CONFIG["LIBRUBY_SO"], "RbConfig's LIBRUBY_SO")
  library = File.join(RbConfig::CONFIG["libdir"], RbConfig::CONFIG["LIBRUBY_SO"])
  Check.expect(File.file?(library), "there is no #{library}, which RbConfig's LIBRUBY_SO names")
end

def pkg_config(*arguments)
  env = { "PKG_CONFIG_PATH" => File.join(RbConfig::CONFIG["libdir"], "pkgconfig") }
  Check.run("pkg-config", *arguments, "ruby-#{Check::RELEASE[/\A\d+\.\d+/]}", env: env).split
end

def embedding
  # Up to 3.1 it is that of the API, such as 3.1.0.
  known = [Check::RELEASE] + (RUBY_VERSION.start_with?("3.1.") ? [RbConfig::CONFIG["ruby_version"]] : [])
  version = pkg_config("--modversion")
  Check.expect(version.size == 1 && known.include?(version.first), "the version that pkg-config tells is #{version.inspect} instead of #{known.first}")
  # It may be told by way of the file's own folder.
  prefix = pkg_config("--variable=prefix").map { |path| File.expand_path(path) }
  Check.expect_equal([Check::PREFIX], prefix, "the prefix that pkg-config tells")
  compile, link = pkg_config("--cflags"), pkg_config("--libs")
  (compile + link).grep(/\A-[IL]|\A-Wl,-rpath/).each do |flag|
    folder = File.expand_path(flag.sub(/\A-[IL]|\A-Wl,-rpath[,=]/, ""))
    Check.expect(folder.start_with?("#{Check::PREFIX}/") && Dir.exist?(folder), "pkg-config says #{flag}, which leads to no folder of the package")
  end
  Dir.mktmpdir("embed") do |dir|
    File.write("#{dir}/embed.c", EMBEDDING)
    Check.run(RbConfig::CONFIG["CC"], *compile, "-o", "#{dir}/embed", "#{dir}/embed.c", *link)
    said = Check.run("#{dir}/embed", chdir: "/").chomp
    Check.expect_equal(%(["#{Check::RELEASE}","#{Check::PREFIX}"]), said, "what a C program with Ruby in it printed")
  end
end

Check.prove do
  folders
  programs
  values
  embedding
  "#{RbConfig::CONFIG.size} values of RbConfig are true, and a C program built by pkg-config runs Ruby"
end
