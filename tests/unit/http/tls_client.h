#pragma once
// A blocking TLS client that sees how a connection ends, and certificates to trust.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <string_view>

#include "http/issuer.h"
#include "http/openssl.h"
#include "stagecache/base/check.h"
#include "stagecache/base/file_system.h"
#include "stagecache/http/server.h"
#include "tests/support/temp_folder.h"

namespace stagecache::http::test {

inline constexpr WallTime kNow{std::chrono::seconds(1'800'000'000)};

/// A CA in memory; what it issues lies in files of `folder`.
class TestAuthority {
 public:
  explicit TestAuthority(std::filesystem::path folder)
      : folder_(std::move(folder)),
        key_(make_key()),
        certificate_(make_authority(*key_, always())) {}

  CertificateFiles issue(const std::string& label, const std::vector<std::string>& names) {
    const CertificateFiles files{folder_ / (label + ".pem"), folder_ / (label + ".key")};
    const KeyPtr key = make_key();
    const auto made = make_server_certificate(*key, names, always(), *certificate_, *key_);
    CHECK(made && publish_private_file(files.key, to_pem(*key)));
    CHECK(publish_file(files.certificate, to_pem(**made)));
    return files;
  }

 private:
  static Validity always() {
    const WallTime now = SystemClock().wall();
    return {now - std::chrono::days(1), now + std::chrono::days(30)};
  }

  const std::filesystem::path folder_;
  const KeyPtr key_;
  const X509Ptr certificate_;
};

inline int connect_to(const std::string& address, int receive_buffer = 0) {
  const int connected = ::socket(AF_INET, SOCK_STREAM, 0);
  if (receive_buffer > 0)
    ::setsockopt(connected, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  const timeval patience{20, 0};
  ::setsockopt(connected, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port =
      htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(::connect(connected, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  return connected;
}

class TlsClient {
 public:
  struct Options {
    const char* server_name = nullptr;
    int receive_buffer = 0;
    int highest_version = TLS1_3_VERSION;
  };

  explicit TlsClient(const Server& server) : TlsClient(server, Options{}) {}
  TlsClient(const Server& server, Options options)
      : socket_(connect_to(server.tls_addresses().front(), options.receive_buffer)),
        context_(SSL_CTX_new(TLS_client_method())) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL's socket BIO writes to what may be closed.
    SSL_CTX_set_max_proto_version(context_.get(), options.highest_version);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), socket_);
    if (options.server_name) SSL_set_tlsext_host_name(ssl_.get(), options.server_name);
    connected_ = SSL_connect(ssl_.get()) == 1;
  }
  ~TlsClient() { leave(); }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool connected() const { return connected_; }
  SSL* ssl() { return ssl_.get(); }
  /// Closes without a word.
  void leave() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

  void send(std::string_view text) {
    CHECK(SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())) > 0);
  }
  void get(std::string_view target) {
    send("GET " + std::string(target) + " HTTP/1.1\r\nHost: us\r\n\r\n");
  }
  std::string read_bytes(std::size_t count) {
    while (input_.size() < count && receive()) {
    }
    return take(std::min(count, input_.size()));
  }
  std::string read_head() {
    std::size_t end;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos)
      if (!receive()) return take(input_.size());
    return take(end + 4);
  }
  std::string read_response() {
    const std::string head = read_head();
    const std::size_t field = head.find("Content-Length: ");
    if (field == std::string::npos) return head;
    return head + read_bytes(std::stoul(head.substr(field + 16)));
  }
  std::string read_to_end() {
    while (receive()) {
    }
    return take(input_.size());
  }
  /// Did the server say that all has been sent?
  bool was_told_the_end() { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

 private:
  bool receive() {
    std::array<char, 65536> bytes;
    const int got = SSL_read(ssl_.get(), bytes.data(), bytes.size());
    if (got <= 0) return false;
    input_.append(bytes.data(), static_cast<std::size_t>(got));
    return true;
  }
  std::string take(std::size_t count) {
    std::string taken = input_.substr(0, count);
    input_.erase(0, count);
    return taken;
  }

  int socket_;
  SslContextPtr context_;
  SslPtr ssl_;
  bool connected_ = false;
  std::string input_;
};

/// A server with one TLS listener and a certificate for localhost.
class TlsServer {
 public:
  explicit TlsServer(Handler handler, ServerOptions options = {}) {
    TestAuthority authority(folder_.path());
    auto certificates = Certificates::load({authority.issue("server", {"localhost"})});
    CHECK(certificates);
    options.name = "test";
    options.tls_addresses = {"127.0.0.1:0"};
    options.certificates = *certificates;
    options.threads = 2;
    auto bound = Server::bind(std::move(options), std::move(handler));
    CHECK(bound);
    server_ = std::move(*bound);
    server_->start();
  }
  Server& operator*() { return *server_; }
  Server* operator->() { return server_.get(); }

 private:
  const stagecache::test::TempFolder folder_;
  std::unique_ptr<Server> server_;
};

}  // namespace stagecache::http::test
