# frozen_string_literal: true

# A web server as Rubyists run them: a pool of threads answers over loopback with a
# page of ERB, JSON and YAML from a cache that all share. Prints its port; ends when
# its input does. Benchmarks/trim/load.py drives it.

require "erb"
require "json"
require "socket"
require "yaml"

THREADS = 8
CACHE = Array.new(2_000) do |i|
  { "id" => i, "name" => "entry #{i}", "tags" => %w[a b c].map { |tag| "#{tag}#{i % 17}" }, "text" => "lorem ipsum " * (i % 40) }
end
CACHE_LOCK = Mutex.new
PAGE = ERB.new(<<~'HTML', trim_mode: "-")
  <html><body><h1><%= title %></h1>
  <%- entries.each do |entry| -%>
  <p id="<%= entry["id"] %>"><b><%= ERB::Util.html_escape(entry["name"]) %></b> <%= entry["tags"].join(", ") %> <%= entry["text"] %></p>
  <%- end -%>
  </body></html>
HTML

# Every fiftieth answer is a big one: an export that nobody should have asked for.
def answer(number)
  count = (number % 50).zero? ? 1_500 : 40
  entries = CACHE_LOCK.synchronize do
    CACHE[number % CACHE.size] = CACHE[number % CACHE.size].merge("text" => "seen #{number} " * (number % 30))
    CACHE.rotate(number % CACHE.size).first(count)
  end
  case number % 3
  when 0
    title = "Page #{number}"
    PAGE.result(binding)
  when 1 then JSON.generate(entries)
  else YAML.dump(entries.first(count / 8))
  end
end

def serve(socket)
  while (line = socket.gets)
    number = Integer(line[%r{\AGET /(\d+) }, 1])
    nil until socket.gets.to_s.strip.empty?
    body = answer(number)
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: #{body.bytesize}\r\n\r\n", body)
  end
rescue SystemCallError, IOError
  nil
ensure
  socket.close
end

server = TCPServer.new("127.0.0.1", 0)
THREADS.times { Thread.new { loop { serve(server.accept) } } }
$stdout.puts(server.addr[1])
$stdout.flush
$stdin.read
