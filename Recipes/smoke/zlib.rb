# frozen_string_literal: true

# zlib: known checksum, round trips, and corrupted data is noticed.

require_relative "support/check"
Check.need("stringio", "zlib")

Check.prove do
  Check.expect_equal(3_632_233_996, Zlib.crc32("test"), "the CRC-32 of \"test\"")

  text = "the quick brown fox jumps over the lazy dog\n" * 1000
  packed = Zlib.deflate(text, Zlib::BEST_COMPRESSION)
  Check.expect(packed.bytesize < text.bytesize / 50,
               "#{text.bytesize} repetitive bytes were deflated only to #{packed.bytesize}")
  Check.expect_equal(text, Zlib.inflate(packed), "the inflated text")
  Check.expect_equal(text, Zlib.gunzip(Zlib.gzip(text)), "the gunzipped text")

  corrupted = packed.dup
  corrupted.setbyte(-1, corrupted.getbyte(-1) ^ 0xFF)
  Check.expect_error(Zlib::DataError, "inflating corrupted data") { Zlib.inflate(corrupted) }
  Check.expect_error(Zlib::GzipFile::Error, "reading what is no gzip file") do
    Zlib::GzipReader.new(StringIO.new("no gzip at all"))
  end
  "round trip of #{text.bytesize} bytes by zlib #{Zlib.zlib_version}, corrupted data refused"
end
