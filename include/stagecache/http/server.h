#pragma once
//
// An HTTP/1.1 server, plain and over TLS: listeners, connections, limits, graceful end. It parses,
// bounds and sends; what a request means is its Handler's business.
//
// One io_context a core, a connection stays with one. Handlers are called on an
// I/O thread and must not block. Thread safety: all methods, from any thread.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "stagecache/base/result.h"
#include "stagecache/http/certificates.h"
#include "stagecache/http/message.h"

namespace stagecache::http {

struct ServerOptions {
  std::string name = "http";                    ///< "data", "admin": for logs.
  std::vector<std::string> addresses = {};      ///< "127.0.0.1:8080", "[::1]:0".
  std::vector<std::string> tls_addresses = {};  ///< The same, for clients that speak TLS.
  std::vector<int> sockets = {};      ///< Sockets that listen already; the server closes them.
  std::vector<int> tls_sockets = {};  ///< The same, for clients that speak TLS.
  std::shared_ptr<Certificates> certificates = {};  ///< REQUIRES: set where there is TLS.
  std::size_t header_limit = 16 << 10;  ///< Bytes of request line and fields; more is 431.
  std::size_t body_limit = 0;           ///< Of a request's body; more is 413.
  std::size_t connection_limit = 4096;  ///< More are answered 503 and closed.
  std::chrono::milliseconds idle_timeout{60'000};      ///< Between requests.
  std::chrono::milliseconds greeting_timeout{10'000};  ///< For the whole TLS handshake.
  std::chrono::milliseconds header_timeout{20'000};  ///< From the first byte to the last of a head.
  std::chrono::milliseconds send_timeout{60'000};    ///< Without a byte taken by the client.
  std::uint64_t pinned_limit = 64 << 20;  ///< Bytes held for slow writers, over all connections.
  std::size_t threads = 0;                ///< I/O threads; 0: one a core.
};

/// Send the response; call exactly once, from any thread.
using Respond = std::move_only_function<void(Response)>;
using Handler = std::function<void(Request, Respond)>;

struct ServerCounters {
  std::uint64_t connections = 0, requests = 0, sent_bytes = 0;
  std::uint64_t cut_bodies = 0;  ///< Connections cut because a body failed.
  std::uint64_t open_connections = 0, pinned_bytes = 0;
};

class Server {
 public:
  /// Binds every address. Fails with Conflict ("127.0.0.1:8080: address in use"),
  /// or BadInput. Nothing is accepted before `start`.
  static Result<std::unique_ptr<Server>> bind(ServerOptions options, Handler handler);
  ~Server();

  void start();
  /// Stops accepting, ends idle connections at once, lets responses end for up to
  /// `grace`, then cuts them. Returns when all are gone.
  void stop(std::chrono::milliseconds grace);

  std::vector<std::string> addresses() const;  ///< As bound, with real ports.
  std::vector<std::string> tls_addresses() const;
  ServerCounters counters() const;

 private:
  class Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace stagecache::http
