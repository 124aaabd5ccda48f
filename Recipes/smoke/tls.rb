# frozen_string_literal: true

# A TLS handshake with a server of our own: a trusted certificate is accepted,
# an untrusted one and one for another host are refused.

require_relative "support/check"
Check.need("openssl", "socket")

HOST = "127.0.0.1"
GREETING = "hello over TLS"

def certificate(key)
  OpenSSL::X509::Certificate.new.tap do |cert|
    cert.version = 2
    cert.serial = 1
    cert.subject = cert.issuer = OpenSSL::X509::Name.parse("/CN=#{HOST}")
    cert.public_key = key
    cert.not_before = Time.now - 3600
    cert.not_after = Time.now + 3600
    extensions = OpenSSL::X509::ExtensionFactory.new(cert, cert)
    cert.add_extension(extensions.create_extension("basicConstraints", "CA:TRUE", true))
    cert.add_extension(extensions.create_extension("subjectAltName", "IP:#{HOST}"))
    cert.sign(key, OpenSSL::Digest.new("SHA256"))
  end
end

def serve(key, cert)
  context = OpenSSL::SSL::SSLContext.new
  context.add_certificate(cert, key)
  listener = TCPServer.new(HOST, 0)
  thread = Thread.new do
    loop do
      socket = OpenSSL::SSL::SSLSocket.new(listener.accept, context)
      socket.sync_close = true
      socket.accept
      socket.puts(GREETING)
      socket.close
    rescue OpenSSL::SSL::SSLError, SystemCallError
      socket&.close # a client that refuses us is part of the check
    end
  end
  yield listener.addr[1]
ensure
  thread&.kill&.join
  listener&.close
end

# Returns what the server said and the protocol that was agreed upon.
def greet(port, trusted:, hostname: HOST)
  context = OpenSSL::SSL::SSLContext.new
  store = OpenSSL::X509::Store.new
  trusted.each { |cert| store.add_cert(cert) }
  context.set_params(cert_store: store)
  tcp = Socket.tcp(HOST, port, connect_timeout: 10)
  socket = OpenSSL::SSL::SSLSocket.new(tcp, context)
  socket.hostname = hostname unless hostname == HOST
  socket.connect
  socket.post_connection_check(hostname)
  [socket.gets.to_s.chomp, socket.ssl_version]
ensure
  socket&.close
  tcp&.close
end

def expect_refused(what, pattern, &)
  error = Check.expect_error(OpenSSL::SSL::SSLError, what, &)
  Check.expect(error.message.match?(pattern), "#{what} was refused for another reason: #{error.message}")
end

Check.prove do
  key = OpenSSL::PKey::EC.generate("prime256v1")
  cert = certificate(key)
  serve(key, cert) do |port|
    said, protocol = greet(port, trusted: [cert])
    Check.expect_equal(GREETING, said, "what the server said")
    Check.expect_equal("TLSv1.3", protocol, "the protocol agreed upon")
    expect_refused("an untrusted certificate", /certificate verify failed/) { greet(port, trusted: []) }
    expect_refused("a certificate for another host", /hostname|host name/i) do
      greet(port, trusted: [cert], hostname: "elsewhere.test")
    end
    "#{protocol} handshake with a server on #{HOST} by #{OpenSSL::OPENSSL_LIBRARY_VERSION}, " \
      "certificates untrusted or for another host refused"
  end
end
