# frozen_string_literal: true

# Loads a large part of the standard library and compiles what was loaded once more,
# as the boot of a large program does.

require_relative "support"

Workload.run do
  %w[json yaml erb set time uri net/http openssl optparse csv rdoc irb bundler fileutils tempfile
     logger socket zlib digest securerandom ripper rexml/document].each do |library|
    require library
  rescue LoadError
    next
  end
  $LOADED_FEATURES.grep(/\.rb\z/).select { |file| File.exist?(file) }.map do |file|
    RubyVM::InstructionSequence.compile_file(file)
  end
end
