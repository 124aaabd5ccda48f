# frozen_string_literal: true

# The parts of the standard library that depend on how Ruby was compiled.

require_relative "support/check"

Check.need(*%w[
  bigdecimal/util date digest erb etc io/console json monitor nkf objspace pty
  readline reline ripper securerandom set socket stringio strscan syslog tmpdir
])

CHECKS = {
  "gmp" => lambda do
    Check.expect(defined?(Integer::GMP_VERSION), "Integer was built without GMP")
    Check.expect_equal(3**10_001, (3**10_000).to_s.to_i * 3, "3**10001 by way of decimal digits")
    Check.expect_equal(1, 3.pow(2**521 - 2, 2**521 - 1), "Fermat's little theorem for 2**521-1")
  end,
  "bigdecimal" => lambda do
    Check.expect_equal("1.4142135623730950488", BigDecimal("2").sqrt(30).round(19).to_s("F"), "the square root of 2")
    Check.expect_equal("0.3", (BigDecimal("0.1") + "0.2".to_d).to_s("F"), "0.1 + 0.2")
  end,
  "json" => lambda do
    value = { "a" => [1, 2.5, nil, true, "ú\n"], "b" => {} }
    Check.expect_equal(value, JSON.parse(JSON.generate(value)), "the value after a JSON round trip")
    Check.expect(defined?(JSON::Ext::Parser) && JSON::Parser == JSON::Ext::Parser, "json fell back to its parser in Ruby")
    Check.expect_error(JSON::ParserError, "malformed JSON") { JSON.parse("[1,") }
  end,
  "digest" => lambda do
    sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    Check.expect_equal(sha256, Digest::SHA256.hexdigest("abc"), "the SHA-256 of abc")
    Check.expect_equal("900150983cd24fb0d6963f7d28e17f72", Digest::MD5.hexdigest("abc"), "the MD5 of abc")
  end,
  "socket" => lambda do
    server = TCPServer.new("127.0.0.1", 0)
    echo = Thread.new { server.accept.then { |peer| peer.write(peer.gets.upcase) && peer.close } }
    client = Socket.tcp("127.0.0.1", server.addr[1], connect_timeout: 10)
    client.puts("loopback")
    Check.expect_equal("LOOPBACK\n", client.read, "what the echo server answered")
    [client, server].each(&:close)
    echo.join
  end,
  "unix-socket" => lambda do
    left, right = UNIXSocket.pair
    left.send_io($stdout)
    Check.expect_equal($stdout.stat.ino, right.recv_io.stat.ino, "the file sent through a UNIX socket")
  end,
  "io-console" => lambda do
    PTY.open do |_, terminal|
      terminal.winsize = [33, 77]
      Check.expect_equal([33, 77], terminal.winsize, "the size of a pseudo terminal")
      Check.expect_equal(false, terminal.noecho(&:echo?), "whether a terminal echoes under noecho")
    end
  end,
  "pty" => lambda do
    PTY.spawn(Check::RUBY, "-e", "print $stdout.tty?") do |output, _, pid|
      Check.expect_equal("true", output.readpartial(4), "whether a program in a pseudo terminal sees one")
      Process.wait(pid)
    end
  end,
  "readline" => lambda do
    Check.expect(Readline.respond_to?(:readline), "readline lacks Readline.readline")
    Check.expect(Gem::Version.new(Reline::VERSION) >= Gem::Version.new("0.3"), "reline #{Reline::VERSION} is too old")
  end,
  "erb" => lambda do
    template = ERB.new("<%= ERB::Util.h('a < b') %> <% [1, 2].each do |i| %><%= i %> <% end %>")
    Check.expect_equal("a &lt; b 1 2 ", template.result, "the result of an ERB template")
  end,
  "set" => -> { Check.expect_equal(Set[1, 2, 3], Set[1, 2] | [2, 3], "the union of two sets") },
  "date" => -> { Check.expect_equal(Date.new(2024, 2, 29), Date.parse("2024-03-01") - 1, "the day before 1 March 2024") },
  "etc" => lambda do
    Check.expect_equal(Process.uid, Etc.getpwuid.uid, "the uid in the entry of the running user")
    Check.expect(Etc.nprocessors.positive?, "Etc.nprocessors is not positive")
  end,
  "encodings" => lambda do
    { "Shift_JIS" => "82A0", "EUC-JP" => "A4A2", "UTF-16BE" => "3042", "GB18030" => "A4A2" }.each do |name, hex|
      Check.expect_equal(hex, "あ".encode(name).unpack1("H*").upcase, "U+3042 in #{name}")
    end
    Check.expect_equal("あ", NKF.nkf("-S -w", "\x82\xA0".b), "what nkf makes of Shift_JIS")
  end,
  "strscan" => -> { Check.expect_equal("12", StringScanner.new("12ab").scan(/\d+/), "the digits scanned from 12ab") },
  "ripper" => -> { Check.expect_equal(:program, Ripper.sexp("1 + 1").first, "the root of a parsed program") },
  "objspace" => lambda do
    Check.expect(ObjectSpace.memsize_of("x" * 10_000) >= 10_000, "a string of 10,000 bytes is said to need less")
  end,
  "securerandom" => lambda do
    different = Array.new(100) { SecureRandom.hex(16) }.uniq
    Check.expect_equal(100, different.size, "the number of different ones among 100 random strings")
  end,
  "process" => lambda do
    reader, writer = IO.pipe
    pid = fork { writer.write(Process.pid) }
    writer.close
    Process.wait(pid)
    Check.expect_equal(pid.to_s, reader.read, "the pid told by a forked child")
  end,
  "locale" => -> { Check.expect_equal(Encoding::UTF_8, Encoding.default_external, "the default encoding") },
}.freeze

Check.prove do
  CHECKS.each do |name, check|
    check.call
  rescue StandardError => e
    raise Check::Failure, "#{name}: #{e.message}"
  end
  "#{CHECKS.size} parts of the standard library work: #{CHECKS.keys.join(', ')}"
end
