#pragma once
// A client that sees every byte, and how a connection ends.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "stagecache/base/check.h"
#include "stagecache/http/server.h"

namespace stagecache::http::test {

class RawClient {
 public:
  enum class End { Open, Closed, Reset, TimedOut };

  explicit RawClient(const Server& server, int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0)
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const timeval patience{20, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const std::string address = server.addresses().front();
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port =
        htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void get(std::string_view target, std::string_view fields = "") {
    send("GET " + std::string(target) + " HTTP/1.1\r\nHost: us\r\n" + std::string(fields) + "\r\n");
  }

  /// The next head, with its empty line; what there is when the connection ends.
  std::string read_head() {
    std::size_t end;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return take(input_.size());
    }
    return take(end + 4);
  }
  /// The next `count` bytes; fewer when the connection ends.
  std::string read_bytes(std::size_t count) {
    while (input_.size() < count && receive()) {
    }
    return take(std::min(count, input_.size()));
  }
  std::string read_to_end() {
    while (receive()) {
    }
    return take(input_.size());
  }
  /// Head and body by Content-Length.
  std::string read_response() {
    const std::string head = read_head();
    const std::size_t field = head.find("Content-Length: ");
    if (field == std::string::npos) return head;
    return head + read_bytes(std::stoul(head.substr(field + 16)));
  }
  /// How the connection has ended, as of the last read.
  End end() const { return end_; }

 private:
  bool receive() {
    if (end_ != End::Open) return false;
    std::array<char, 65536> bytes;
    const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (got > 0) {
      input_.append(bytes.data(), static_cast<std::size_t>(got));
      return true;
    }
    end_ = got == 0 ? End::Closed : errno == ECONNRESET ? End::Reset : End::TimedOut;
    return false;
  }
  std::string take(std::size_t count) {
    std::string taken = input_.substr(0, count);
    input_.erase(0, count);
    return taken;
  }

  int socket_;
  std::string input_;
  End end_ = End::Open;
};

inline std::unique_ptr<Server> start_server(Handler handler, ServerOptions options = {}) {
  options.name = "test";
  options.addresses = {"127.0.0.1:0"};
  if (options.threads == 0) options.threads = 2;
  auto server = Server::bind(std::move(options), std::move(handler));
  CHECK(server);
  (*server)->start();
  return std::move(*server);
}

/// Answers with the target, so that a test sees which request was answered.
inline void echo_target(Request request, Respond respond) {
  respond(text_response(200, request.target));
}

}  // namespace stagecache::http::test
