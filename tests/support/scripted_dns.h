#pragma once
//
// A name server on 127.0.0.1 that knows a few IPv4 addresses and says of every
// other name that it does not exist (RFC 1035). One thread.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace stagecache::test {

class ScriptedDns {
 public:
  using Zone = std::map<std::string, std::vector<std::string>>;  ///< Name -> dotted quads.

  explicit ScriptedDns(Zone zone) : zone_(std::move(zone)) {
    socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in any{
        .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof any;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&any), size) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&any), &size) != 0)
      std::abort();
    server_ = "127.0.0.1:" + std::to_string(ntohs(any.sin_port));
    thread_ = std::jthread([this](const std::stop_token& stop) { answer_all(stop); });
  }
  ~ScriptedDns() {
    thread_.request_stop();
    thread_.join();
    ::close(socket_);
  }
  ScriptedDns(const ScriptedDns&) = delete;
  ScriptedDns& operator=(const ScriptedDns&) = delete;

  const std::string& server() const { return server_; }  ///< "127.0.0.1:port"

 private:
  void answer_all(const std::stop_token& stop) {
    pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
    while (!stop.stop_requested()) {
      if (::poll(&ready, 1, 10) <= 0) continue;
      std::string query(512, '\0');
      sockaddr_in peer{};
      socklen_t size = sizeof peer;
      const ssize_t got = ::recvfrom(socket_, query.data(), query.size(), 0,
                                     reinterpret_cast<sockaddr*>(&peer), &size);
      if (got < 17) continue;
      query.resize(static_cast<std::size_t>(got));
      const std::string reply = answer(query);
      ::sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&peer), size);
    }
  }

  std::string answer(const std::string& query) const {
    constexpr std::size_t kHeader = 12;
    std::size_t at = kHeader;
    std::string name;
    while (at < query.size() && query[at] != 0) {
      const auto length = static_cast<std::uint8_t>(query[at]);
      name += (name.empty() ? "" : ".") + query.substr(at + 1, length);
      at += length + 1U;
    }
    const std::string question = query.substr(kHeader, at + 5 - kHeader);
    const bool is_a = at + 2 < query.size() && query[at + 1] == 0 && query[at + 2] == 1;
    const auto known = zone_.find(name);

    std::string records;
    int count = 0;
    if (known != zone_.end() && is_a) {
      for (const std::string& quad : known->second) {
        in_addr address{};
        ::inet_pton(AF_INET, quad.c_str(), &address);
        // A pointer to the question's name, type A, class IN, 0 seconds to live.
        records += std::string("\xc0\x0c\0\x01\0\x01\0\0\0\0\0\x04", 12);
        records.append(reinterpret_cast<const char*>(&address), 4);
        ++count;
      }
    }
    const char code = known == zone_.end() ? '\x83' : '\x80';  // NXDOMAIN or no error.
    return query.substr(0, 2) + '\x81' + code + std::string("\0\x01\0", 3) +
           static_cast<char>(count) + std::string(4, '\0') + question + records;
  }

  const Zone zone_;
  int socket_ = -1;
  std::string server_;
  std::jthread thread_;
};

}  // namespace stagecache::test
