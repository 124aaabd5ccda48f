# frozen_string_literal: true

# Every encoding's object is loaded by work on characters, and every transcoder's
# object by a conversion whose bytes are known.

require_relative "support/check"

# By the object that converts: a text, an encoding, the text's bytes in it, and what
# the text is converted from if not UTF-8.
CONVERSIONS = {
  "big5" => ["中", "Big5", "a4a4"],
  "cesu_8" => ["😀", "CESU-8", "eda0bdedb880"],
  "chinese" => ["中", "GB2312", "d6d0"],
  "ebcdic" => ["Aé", "IBM037", "c151", "ISO-8859-1"],
  "emoji" => ["\u{E63E}", "UTF8-KDDI", "ee9288", "UTF8-DoCoMo"],
  "emoji_iso2022_kddi" => ["あ", "ISO-2022-JP-KDDI", "1b244224221b2842"],
  "emoji_sjis_docomo" => ["あ", "SJIS-DoCoMo", "82a0"],
  "emoji_sjis_kddi" => ["あ", "SJIS-KDDI", "82a0"],
  "emoji_sjis_softbank" => ["あ", "SJIS-SoftBank", "82a0"],
  "gb18030" => ["€", "GB18030", "a2e3"],
  "gbk" => ["镕", "GBK", "e946"],
  "iso2022" => ["あ", "ISO-2022-JP", "1b244224221b2842"],
  "japanese" => ["あ", "Shift_JIS", "82a0", "EUC-JP"],
  "japanese_euc" => ["あ", "EUC-JP", "a4a2"],
  "japanese_sjis" => ["あ", "Shift_JIS", "82a0"],
  "korean" => ["가", "EUC-KR", "b0a1"],
  "single_byte" => ["é€", "Windows-1252", "e980"],
  "utf8_mac" => ["e\u0301", "UTF-8", "c3a9", "UTF8-MAC"],
  "utf_16_32" => ["😀", "UTF-16BE", "d83dde00"],
}.freeze

# Nothing loads it: Ruby makes GB2312 a copy of EUC-KR, whose characters have the same shape.
UNUSED = %w[gb2312].freeze

FOLDER = File.join(RbConfig::CONFIG["archdir"], "enc")

# The two lists are loaded with the interpreter; decorators convert no encoding.
LISTS = %w[encdb trans/transdb].freeze

# Encodings whose own bytes are known to a table of Unicode keep every character; UTF-16
# and UTF-32 without a byte order begin with a mark, which is not taken for text again.
def round_trips
  Encoding.list.count do |encoding|
    text = "Ruby 3".dup.encode(encoding)
    back = text.encode("UTF-8").delete_prefix("\u{FEFF}")
    Check.expect_equal("Ruby 3", back, "`Ruby 3` by way of #{encoding}")
    true
  rescue Encoding::ConverterNotFoundError
    false
  end
end

def characters
  Encoding.list.each do |encoding|
    next if encoding.dummy?

    unit = encoding.name[/\AUTF-(16|32)/, 1].to_i / 8
    bytes = unit.zero? ? "abc" : "abc".encode(encoding)
    text = bytes.b.force_encoding(encoding)
    Check.expect(text.valid_encoding?, "abc is said to be no text in #{encoding}")
    Check.expect_equal(3, text.each_char.count, "the characters of abc in #{encoding}")
  end
end

def conversions(names)
  unknown = names - CONVERSIONS.keys - ["escape"]
  Check.expect(unknown.empty?, "no conversion is known for #{unknown.map { |name| "enc/trans/#{name}.so" }.join(', ')}")
  (names & CONVERSIONS.keys).each do |name|
    text, encoding, hex, source = CONVERSIONS.fetch(name)
    # The text is written in this file as UTF-8; what is no other name of it is converted first.
    given = source.nil? ? text : text.dup.then { |t| source.start_with?("UTF8-") ? t.force_encoding(source) : t.encode(source) }
    Check.expect_equal(hex, given.encode(encoding).unpack1("H*"), "#{text} in #{encoding} (enc/trans/#{name}.so)")
  end
  Check.expect_equal("&lt;&amp;", "<&".encode("UTF-8", xml: :text), "XML text (enc/trans/escape.so)")
end

Check.prove do
  objects = Dir.glob("**/*.so", base: FOLDER).map { |name| name.delete_suffix(".so") }
  transcoders = objects.grep(%r{\Atrans/}) - LISTS
  Check.expect(objects.size > 50 && transcoders.size > 15,
               "#{objects.size} encodings and #{transcoders.size} transcoders were found under #{FOLDER}")
  characters
  conversions(transcoders.map { |name| name.delete_prefix("trans/") })
  kept = round_trips
  (UNUSED & objects).each { |name| require "enc/#{name}.so" }
  idle = objects.reject { |name| $LOADED_FEATURES.include?(File.join(FOLDER, "#{name}.so")) }
  Check.expect(idle.empty?, "not loaded by any encoding or conversion: #{idle.join(', ')}")
  "#{objects.size - transcoders.size - LISTS.size} encodings and #{transcoders.size} transcoders did real work, " \
    "#{kept} encodings keep a text"
end
