# frozen_string_literal: true

# Requests, one after the other, in which every C extension that holds memory of its own
# outside of Ruby's objects makes, uses and drops something, some with an error in the
# middle. What the process holds after the first half of them it holds after the second
# half too, unless something leaks.

require "bigdecimal"
require "date"
require "digest"
require "json"
require "objspace"
require "openssl"
require "pathname"
require "psych"
require "ripper"
require "socket"
require "stringio"
require "strscan"
require "tempfile"
require "zlib"
require_relative "support"

REQUESTS = Integer(ENV.fetch("REQUESTS", "400"))
RECORDS = Array.new(40) { |i| { "id" => i, "name" => "entry #{i}", "tags" => %w[a b c], "text" => "lorem ipsum " * (i % 20) } }
KEY = OpenSSL::PKey::EC.generate("prime256v1")
CODE = "def answer(a, b: 1)\n  [a, b].map { |one| one * 2 }.sum { |one| one + 1 }\nend\n" * 5
SCHEMA = Struct.new(:id, :name)

def serialize(number)
  text = JSON.generate(RECORDS.rotate(number))
  raise "JSON lost something" unless JSON.parse(text).size == RECORDS.size

  yaml = Psych.dump(RECORDS.rotate(number).first(8))
  raise "YAML lost something" unless Psych.safe_load(yaml).size == 8

  [-> { JSON.parse(text[0..-2]) }, -> { Psych.safe_load("a: [1, 2") }].each do |broken|
    broken.call
  rescue JSON::ParserError, Psych::SyntaxError
    nil
  else
    raise "what is broken was read"
  end
  text
end

def compress(text)
  deflate = Zlib::Deflate.new
  packed = deflate.deflate(text, Zlib::FINISH)
  deflate.close
  raise "zlib lost something" unless Zlib::Inflate.inflate(packed) == text

  # Left to the collector.
  Zlib::Inflate.new.inflate(packed[0, packed.size / 2])
  buffer = StringIO.new
  Zlib::GzipWriter.wrap(buffer) { |gzip| gzip.write(text) }
  Zlib::GzipReader.new(StringIO.new(buffer.string)).each_line { |line| line }
  packed
end

def encrypt(text)
  cipher = OpenSSL::Cipher.new("aes-256-gcm").encrypt
  cipher.key = Digest::SHA256.digest("key")
  cipher.iv = "n" * 12
  sealed = cipher.update(text) + cipher.final
  raise "no signature" unless KEY.verify("SHA256", KEY.sign("SHA256", sealed), sealed)

  name = OpenSSL::X509::Name.parse("/CN=localhost")
  certificate = OpenSSL::X509::Certificate.new
  certificate.subject = certificate.issuer = name
  certificate.public_key = KEY
  certificate.not_before = Time.at(0)
  certificate.not_after = Time.at(1_000_000_000)
  OpenSSL::X509::Certificate.new(certificate.sign(KEY, "SHA256").to_der)
  OpenSSL::SSL::SSLContext.new
  OpenSSL::HMAC.hexdigest("SHA256", "key", sealed) + Digest::MD5.hexdigest(sealed)
end

def scan(text)
  scanner = StringScanner.new(text)
  scanner.scan_until(/"id":(\d+)/) ? scanner[1] : nil until scanner.eos? || !scanner.exist?(/"id"/)
  Ripper.sexp(CODE)
  RubyVM::InstructionSequence.compile(CODE).to_a
  io = StringIO.new(text)
  io.each_char.first(100)
  io.read
end

def reckon(number)
  date = Date.strptime("2026-01-01", "%Y-%m-%d") + number
  DateTime.parse("#{date}T12:00:00+02:00").strftime("%c")
  Date.valid_date?(2026, 13, 1)
  (BigDecimal("1.1")**20 / BigDecimal("7").sqrt(30)).to_s
  Integer.sqrt(3**(500 + number % 10)).digits.size
end

def exchange(text)
  one, other = UNIXSocket.pair
  one.write(text[0, 4_000])
  other.readpartial(4_000)
  [one, other].each(&:close)
  Tempfile.create("request") { |file| file.write(text) && Pathname.new(file.path).size }
  text.encode("UTF-16LE").encode("UTF-8").match?(/lorem (?<word>\w+)/)
  Enumerator.new { |list| 3.times { |i| list << i } }.tap { |list| 2.times { list.next } }
end

def requests(count)
  count.times do |number|
    text = serialize(number)
    compress(text)
    encrypt(text)
    scan(text)
    reckon(number)
    exchange(text)
  end
end

Workload.run do
  requests(REQUESTS)
  Workload.stop("halfway")
  requests(REQUESTS)
  nil
end
