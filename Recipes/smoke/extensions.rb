# frozen_string_literal: true

# Every C extension of the package does one piece of real work. What lies there is
# asked of the installed tree: an extension without an exercise fails the check by
# its name, and so does one that its exercise did not load.

require "find"
require "tempfile"
require "tmpdir"
require_relative "support/check"

# How an extension that the standard library can do without is told from the Ruby
# code that stands in for it.
def expect_native(method, what)
  Check.expect(method.source_location.nil?, "#{what} is the one written in Ruby")
end

def expect_digest(library, name, hex)
  require "digest/#{library}"
  Check.expect_equal(hex, Digest.const_get(name).hexdigest("abc"), "the #{name} of abc")
end

# Gems that change the process they run in get one of their own. Returns what the
# program printed; its loaded objects join ours.
OBJECTS_OF_OTHERS = []

def elsewhere(program)
  tail = 'at_exit { $stderr.puts($LOADED_FEATURES.grep(/\.so\z/).map { |path| "loaded #{path}" }) }; '
  out, err, status = Open3.capture3(Check::RUBY, "-W0", "-e", tail + program)
  Check.expect(status.success?, "a Ruby of its own failed: #{Check.one_line(err)}")
  OBJECTS_OF_OTHERS.concat(err.scan(/^loaded (.*)$/).flatten)
  out
end

def racc_calculator(dir)
  File.write("#{dir}/sum.y", <<~'RACC')
    class Sum
    rule
      sum: sum '+' NUMBER { result = val[0] + val[2] } | NUMBER
    end
    ---- inner
      def add(text)
        @tokens = text.scan(/\d+|\+/).map { |t| t == "+" ? [t, t] : [:NUMBER, t.to_i] } << [false, nil]
        do_parse
      end

      def next_token = @tokens.shift
  RACC
  Check.run(Check::RUBY, File.join(Check::PREFIX, "bin/racc"), "-o", "#{dir}/sum.rb", "#{dir}/sum.y")
  load "#{dir}/sum.rb"
  Check.expect_equal("c", Racc::Parser::Racc_Runtime_Type, "the kind of racc's runtime")
  Check.expect_equal(42, Sum.new.add("20+21+1"), "the sum that a parser made by racc computed")
end

syslog = lambda do
  require "syslog"
  Syslog.open("lapidary", Syslog::LOG_NDELAY) { |log| log.mask = Syslog::LOG_UPTO(Syslog::LOG_ERR) }
  Check.expect_equal(false, Syslog.opened?, "whether the log is still open")
end

# By the object's path below the folder of the architecture's extensions, or of its gem's.
EXERCISES = {
  "bigdecimal" => lambda do
    require "bigdecimal"
    Check.expect_equal("0.3333", BigDecimal(1).div(3, 4).to_s("F"), "a third to four digits")
  end,
  "cgi/escape" => lambda do
    require "cgi/escape"
    Check.expect_equal("&lt;&#39;&amp;", CGI.escapeHTML("<'&"), "escaped HTML")
    expect_native(CGI.instance_method(:escapeHTML), "CGI.escapeHTML") if CGI.method_defined?(:escapeHTML)
    expect_native(CGI.method(:escapeHTML), "CGI.escapeHTML")
  end,
  "continuation" => lambda do
    # It warns of being obsolete.
    verbose, $VERBOSE = $VERBOSE, nil
    require "continuation"
    $VERBOSE = verbose
    count = 0
    again = callcc { |continuation| continuation }
    count += 1
    again.call(again) if count < 3
    Check.expect_equal(3, count, "the times a continuation was entered")
  end,
  "coverage" => lambda do
    require "coverage"
    Tempfile.create(%w[covered .rb]) do |file|
      file.write("def big(n)\n  n > 9 ? :big : :small\nend\nbig(1)\nbig(2)\n")
      file.close
      Coverage.start
      load file.path
      Check.expect_equal([1, 2, nil, 1, 1], Coverage.result.fetch(file.path), "the lines run of a file")
    end
  end,
  "date_core" => lambda do
    require "date"
    Check.expect_equal("2023-03-01", ((Date.new(2024, 2, 29) << 12) + 1).iso8601, "the day after a leap day's last year")
    Check.expect_equal(Rational(1, 24), DateTime.parse("2024-01-01T02:00+01:00").new_offset(0).day_fraction, "an hour as a fraction")
  end,
  "digest" => -> { require "digest"; Check.expect_equal("00ff", Digest.hexencode("\x00\xFF".b), "bytes in hexadecimal") },
  "digest/bubblebabble" => lambda do
    require "digest/bubblebabble"
    Check.expect_equal("xesef-disof-gytuf-katof-movif-baxux", Digest.bubblebabble("1234567890"), "a string in bubble babble")
  end,
  "digest/md5" => -> { expect_digest("md5", "MD5", "900150983cd24fb0d6963f7d28e17f72") },
  "digest/rmd160" => -> { expect_digest("rmd160", "RMD160", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc") },
  "digest/sha1" => -> { expect_digest("sha1", "SHA1", "a9993e364706816aba3e25717850c26c9cd0d89d") },
  "digest/sha2" => -> { expect_digest("sha2", "SHA256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") },
  "erb/escape" => lambda do
    require "erb"
    Check.expect_equal("&lt;b&gt;", ERB::Escape.html_escape("<b>"), "escaped HTML")
    expect_native(ERB::Escape.method(:html_escape), "ERB::Escape.html_escape")
  end,
  "etc" => -> { require "etc"; Check.expect_equal("/root", Etc.getpwnam("root").dir, "the home of root") },
  "fcntl" => lambda do
    require "fcntl"
    File.open("/") { |file| Check.expect_equal(Fcntl::FD_CLOEXEC, file.fcntl(Fcntl::F_GETFD), "the flags of an open file") }
  end,
  "fiddle" => lambda do
    require "fiddle"
    abs = Fiddle::Function.new(Fiddle.dlopen(nil)["labs"], [Fiddle::TYPE_LONG], Fiddle::TYPE_LONG)
    Check.expect_equal(2**40, abs.call(-2**40), "what labs of the C library answers")
  end,
  "io/console" => lambda do
    require "io/console"
    require "pty"
    PTY.open { |_, tty| tty.winsize = [7, 9]; Check.expect_equal([7, 9], tty.winsize, "the size of a terminal") }
  end,
  "io/nonblock" => lambda do
    require "io/nonblock"
    IO.pipe do |reader, _|
      reader.nonblock = true
      Check.expect_equal(true, reader.nonblock?, "whether a pipe does not block")
    end
  end,
  "io/wait" => lambda do
    require "io/wait"
    IO.pipe do |reader, writer|
      Check.expect_equal(nil, reader.wait(0), "what waiting for an empty pipe answers")
      writer.write("x")
      Check.expect_equal(reader, reader.wait(5), "what waiting for a full pipe answers")
    end
  end,
  "json/ext/generator" => lambda do
    require "json"
    Check.expect_equal('{"a":[1,null,"\u00fa"]}', JSON.generate({ "a" => [1, nil, "ú"] }, ascii_only: true), "generated JSON")
    Check.expect_equal("JSON::Ext::Generator", JSON.generator.name, "the generator of JSON")
  end,
  "json/ext/parser" => lambda do
    require "json"
    Check.expect_equal([1.5, { "b" => true }], JSON.parse('[1.5, {"b": true}]'), "parsed JSON")
    Check.expect_equal("JSON::Ext::Parser", JSON.parser.name, "the parser of JSON")
  end,
  "monitor" => lambda do
    require "monitor"
    monitor = Monitor.new
    Check.expect_equal(:inside, monitor.synchronize { monitor.synchronize { :inside } }, "a monitor entered twice")
    Check.expect_error(ThreadError, "leaving a monitor from outside") { monitor.exit }
  end,
  "nkf" => -> { require "nkf"; Check.expect_equal("82a0", NKF.nkf("-W -s", "あ").unpack1("H*"), "Shift_JIS by nkf") },
  "objspace" => lambda do
    require "objspace"
    Check.expect(ObjectSpace.memsize_of("x" * 9_000) >= 9_000, "a string of 9,000 bytes is said to need less")
    Check.expect(ObjectSpace.dump([1]).include?('"type":"ARRAY"'), "a dumped array is not called one")
  end,
  "openssl" => lambda do
    require "openssl"
    cipher = OpenSSL::Cipher.new("aes-256-gcm").encrypt
    key, iv = cipher.random_key, cipher.random_iv
    secret = cipher.update("facet") + cipher.final
    plain = OpenSSL::Cipher.new("aes-256-gcm").decrypt.tap { |c| c.key, c.iv, c.auth_tag = key, iv, cipher.auth_tag }
    Check.expect_equal("facet", plain.update(secret) + plain.final, "what was encrypted and decrypted")
  end,
  "pathname" => lambda do
    require "pathname"
    Check.expect_equal("/", Pathname("/usr/..").realpath.to_s, "the real path of /usr/..")
  end,
  "prism/prism" => lambda do
    require "prism"
    Check.expect_equal([:CallNode], Prism.parse("a + 1").value.statements.body.map { |n| n.class.name[/\w+\z/].to_sym }, "a parsed sum")
  end,
  "psych" => -> { require "psych"; Check.expect_equal({ "a" => [1, nil] }, Psych.safe_load("a: [1, ~]"), "parsed YAML") },
  "pty" => lambda do
    require "pty"
    output, _, pid = PTY.spawn("tty")
    Check.expect(output.gets.to_s.start_with?("/dev/pts/"), "a program in a pseudo terminal sees none")
    Process.wait(pid)
  end,
  "racc/cparse" => -> { Dir.mktmpdir { |dir| racc_calculator(dir) } },
  "rbconfig/sizeof" => lambda do
    require "rbconfig/sizeof"
    Check.expect_equal([0].pack("l!").bytesize, RbConfig::SIZEOF["long"], "the bytes in a long")
    Check.expect_equal(2**15 - 1, RbConfig::LIMITS["SHRT_MAX"], "the largest short")
  end,
  # A package may be linked with either of two libraries, and one gives no number.
  "readline" => lambda do
    require "readline.so"
    Check.expect(Readline::VERSION.match?(/\A(?:[5-9]\.|EditLine)/), "readline calls itself #{Readline::VERSION}")
  end,
  "ripper" => -> { require "ripper"; Check.expect_equal([%i[kw def]], Ripper.lex("def").map { |t| [:kw, t[2].to_sym] }, "a keyword") },
  "socket" => lambda do
    require "socket"
    Check.expect_equal("127.0.0.1:80", Addrinfo.tcp("127.0.0.1", 80).inspect_sockaddr, "an address")
    left, right = UNIXSocket.pair
    left.sendmsg("hi")
    Check.expect_equal("hi", right.recvmsg.first, "a message through a UNIX socket")
  end,
  "stringio" => lambda do
    require "stringio"
    io = StringIO.new(+"one\ntwo\n")
    io.seek(-4, IO::SEEK_END)
    Check.expect_equal(["two\n"], io.each_line.to_a, "the last line of a string")
  end,
  "strscan" => lambda do
    require "strscan"
    scanner = StringScanner.new("key = 5")
    scanner.scan(/(?<name>\w+)\s*=\s*/)
    Check.expect_equal(["key", "5"], [scanner[:name], scanner.rest], "the parts of a scanned line")
  end,
  "syslog" => syslog,
  "syslog_ext" => syslog,
  "zlib" => lambda do
    require "zlib"
    Check.expect_equal("x" * 500, Zlib.inflate(Zlib.deflate("x" * 500)), "what was deflated and inflated")
  end,
  "debug/debug" => lambda do
    frames = elsewhere('require "debug/session"; def f = DEBUGGER__.capture_frames("/none"); print f.first.name')
    Check.expect(frames.end_with?("f"), "the first captured frame is #{frames.inspect}")
  end,
  "rbs_extension" => lambda do
    type = elsewhere('require "rbs"; print RBS::Parser.parse_type("Array[String|nil]")')
    Check.expect_equal("::Array[String | nil]".delete_prefix("::"), type.delete_prefix("::"), "a parsed type")
  end,
}.freeze

# Every object of the package but libruby and the encodings, by its name for people and its path.
def objects
  archdir = RbConfig::CONFIG["archdir"]
  native = Dir.glob("**/*.so", base: archdir).reject { |name| name.start_with?("enc/") }
  found = native.to_h { |name| [File.join(archdir, name), name.delete_suffix(".so")] }
  Gem::Specification.select { |spec| spec.base_dir.start_with?(Check::PREFIX) }.each do |spec|
    Dir.glob("**/*.so", base: spec.extension_dir).each do |name|
      short = name.delete_suffix(".so")
      # bigdecimal's gem has bigdecimal.so at its top or in a folder of the same name.
      found[File.join(spec.extension_dir, name)] = EXERCISES.key?(short) ? short : short.split("/").last
    end
  end
  found
end

# RubyGems keeps a second copy of a gem's objects beside its Ruby code.
def expect_nothing_else(known)
  Find.find(Check::PREFIX) do |path|
    next if !path.end_with?(".so") || known.key?(path) || path.match?(%r{/enc/(trans/)?\w+\.so\z|/lib/libruby\.so\z})

    twin = known.keys.find { |other| File.basename(other) == File.basename(path) && File.identical?(other, path) } ||
           known.keys.find { |other| File.basename(other) == File.basename(path) && File.binread(other) == File.binread(path) }
    Check.expect(twin && path.include?("/gems/"), "#{path} is no extension that anything is known to load")
  end
end

Check.prove do
  known = objects
  Check.expect(known.size > 25, "only #{known.size} C extensions were found under #{RbConfig::CONFIG['archdir']}")
  unknown = known.reject { |_, name| EXERCISES.key?(name) }
  Check.expect(unknown.empty?, "no exercise is known for #{unknown.keys.join(', ')}")
  known.each_value.uniq.each do |name|
    EXERCISES.fetch(name).call
  rescue StandardError, ScriptError => e
    raise Check::Failure, "#{name}: #{e.is_a?(Check::Failure) ? '' : "#{e.class}: "}#{e.message}"
  end
  # A gem has its objects in two places, either of which serves.
  loaded = ($LOADED_FEATURES + OBJECTS_OF_OTHERS).grep(/\.so\z/)
  idle = known.reject do |path, _|
    loaded.include?(path) || loaded.any? { |other| other.include?("/gems/") && path.include?("/extensions/") && File.exist?(other) && File.binread(other) == File.binread(path) }
  end
  Check.expect(idle.empty?, "not loaded by its exercise: #{idle.keys.join(', ')}")
  expect_nothing_else(known)
  "#{known.size} C extensions did a piece of work each"
end
