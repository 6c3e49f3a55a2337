#pragma once
//
// A web server that does what a script says, byte by byte: it delays, cuts, sends
// too much, or falls silent. Real sockets on 127.0.0.1, a port of its own, a thread
// a connection. For tests of whatever fetches.
//
//     ScriptedOrigin origin([](ScriptedOrigin::Exchange& e) { e.send("HTTP/1.1 404 ...\r\n\r\n");
//     });
//
// The script runs once a request, on the connection's thread; after it the
// connection is closed. Thread safety: all methods.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace stagecache::test {

class ScriptedOrigin {
 public:
  class Exchange {
   public:
    Exchange(int socket, int number, std::string head, std::stop_token stop)
        : socket_(socket), number_(number), head_(std::move(head)), stop_(std::move(stop)) {}

    int number() const { return number_; }  ///< Counts all requests of this origin from 0.
    const std::string& head() const { return head_; }  ///< Request line and fields, raw.
    std::string path() const {
      const std::size_t begin = head_.find(' ') + 1;
      return head_.substr(begin, head_.find(' ', begin) - begin);
    }
    /// The value of a field; "" when it is missing. `name` as curl writes it.
    std::string field(std::string_view name) const {
      const std::string start = "\r\n" + std::string(name) + ": ";
      const std::size_t at = head_.find(start);
      if (at == std::string::npos) return "";
      const std::size_t begin = at + start.size();
      return head_.substr(begin, head_.find("\r\n", begin) - begin);
    }
    /// The first byte asked for; 0 without a Range.
    std::uint64_t range_start() const {
      const std::string range = field("Range");
      return range.empty()
                 ? 0
                 : std::strtoull(range.c_str() + std::string("bytes=").size(), nullptr, 10);
    }

    /// Raw bytes. Returns false when the client is gone.
    bool send(std::string_view bytes) {
      while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      }
      return true;
    }
    /// Says nothing until the client goes away, the time is over or the origin ends.
    void stay_silent(int milliseconds = 60'000) {
      pollfd peer{.fd = socket_, .events = POLLRDHUP, .revents = 0};
      for (int waited = 0; waited < milliseconds && !stop_.stop_requested(); waited += 10)
        if (::poll(&peer, 1, 10) > 0) return;
    }
    /// Ends the connection with a reset instead of a clean end.
    void reset() {
      const linger hard{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }

   private:
    const int socket_;
    const int number_;
    const std::string head_;
    const std::stop_token stop_;
  };
  using Script = std::function<void(Exchange&)>;

  explicit ScriptedOrigin(Script script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in any{
        .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof any;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&any), size) != 0 ||
        ::listen(listener_, 512) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&any), &size) != 0)
      std::abort();
    port_ = ntohs(any.sin_port);
    acceptor_ = std::jthread([this](std::stop_token stop) { accept_all(std::move(stop)); });
  }
  ~ScriptedOrigin() {
    acceptor_.request_stop();
    acceptor_.join();
    connections_.clear();  // Stops and joins.
    ::close(listener_);
  }
  ScriptedOrigin(const ScriptedOrigin&) = delete;
  ScriptedOrigin& operator=(const ScriptedOrigin&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url(std::string_view path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }
  /// The heads of all requests so far.
  std::vector<std::string> requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
  }

 private:
  void accept_all(std::stop_token stop) {
    pollfd ready{.fd = listener_, .events = POLLIN, .revents = 0};
    while (!stop.stop_requested()) {
      if (::poll(&ready, 1, 10) <= 0) continue;
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      connections_.emplace_back(
          [this, socket](std::stop_token end) { serve(socket, std::move(end)); });
    }
  }

  void serve(int socket, std::stop_token stop) {
    std::string head;
    if (read_head(socket, head, stop)) {
      Exchange exchange(socket, note(head), head, stop);
      script_(exchange);
    }
    ::shutdown(socket, SHUT_WR);
    ::close(socket);
  }

  static bool read_head(int socket, std::string& head, const std::stop_token& stop) {
    pollfd ready{.fd = socket, .events = POLLIN, .revents = 0};
    while (!head.ends_with("\r\n\r\n")) {
      if (stop.stop_requested()) return false;
      if (::poll(&ready, 1, 10) <= 0) continue;
      char byte = 0;  // One at a time: what follows the head is the script's.
      if (::recv(socket, &byte, 1, 0) != 1) return false;
      head += byte;
    }
    return true;
  }

  int note(const std::string& head) {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(head);
    return static_cast<int>(requests_.size()) - 1;
  }

  const Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;

  mutable std::mutex mutex_;
  std::vector<std::string> requests_;  // Guarded by mutex_.

  std::vector<std::jthread> connections_;  // The acceptor's; after it the destructor's.
  std::jthread acceptor_;
};

}  // namespace stagecache::test
