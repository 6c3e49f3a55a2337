// Measures the HTTP server's sender alone, without store and cache: how fast does
// it hand bytes that are in memory to the kernel, compared with the least that can
// be done, blocking sends in a thread a connection? The client discards in the
// kernel (MSG_TRUNC), so that its copy does not blur the picture.
//
//     sender_bench [seconds a cell] [repetitions]

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "stagecache/base/check.h"
#include "stagecache/http/server.h"

namespace stagecache::http {
namespace {

constexpr std::uint64_t kBodyBytes = 200 << 20;
constexpr std::string_view kRequest = "GET /x HTTP/1.1\r\nHost: bench\r\n\r\n";

std::vector<std::byte>& payload() {
  static std::vector<std::byte> bytes(kBodyBytes, std::byte{42});
  return bytes;
}

/// The body in 512 KiB slices, each with a holder of its own as the store's have.
class MemoryBody final : public cache::Body {
 public:
  MemoryBody() { meta_.size = kBodyBytes; }
  const cache::Meta& meta() const override { return meta_; }
  void limit(ByteRange) override {}
  Result<cache::ReadStep> read(std::uint64_t offset) override {
    if (offset == kBodyBytes) return cache::AtEnd{};
    const std::uint64_t end =
        std::min(kBodyBytes, (offset / store::kChunkBytes + 1) * store::kChunkBytes);
    return store::Slice(std::span(payload()).subspan(offset, end - offset),
                        std::make_shared<int>(0));
  }
  void when_ready(std::uint64_t, std::move_only_function<void()>) override {}

 private:
  cache::Meta meta_;
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int connect_to(std::uint16_t port) {
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback(port);
  CHECK(::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const int on = 1;
  ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return client;
}

/// Downloads again and again until the time is over; counts bytes.
void download(std::uint16_t port, std::chrono::steady_clock::time_point end,
              std::atomic<std::uint64_t>& total) {
  const int client = connect_to(port);
  while (std::chrono::steady_clock::now() < end) {
    if (::send(client, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0) break;
    std::uint64_t got = 0;
    while (got < kBodyBytes && std::chrono::steady_clock::now() < end) {
      const ssize_t count = ::recv(client, nullptr, 1 << 20, MSG_TRUNC);
      if (count <= 0) break;
      got += static_cast<std::uint64_t>(count);
      total.fetch_add(static_cast<std::uint64_t>(count), std::memory_order_relaxed);
    }
    // What is over kBodyBytes is the head; the end of the last body may lag behind by it.
    while (::recv(client, nullptr, 1 << 20, MSG_TRUNC | MSG_DONTWAIT) > 0) {
    }
  }
  ::close(client);
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Cell {
  double gigabytes_a_second;
  double cpu_seconds_a_gigabyte;  // The server's alone.
};

/// Clients in a process of their own, so that CPU time can be told apart.
Cell measure(std::uint16_t port, int connections, double seconds) {
  int ends[2];
  CHECK(::pipe(ends) == 0);
  const double cpu_before = cpu_seconds();
  const pid_t child = ::fork();
  if (child == 0) {
    std::atomic<std::uint64_t> total{0};
    const auto end = std::chrono::steady_clock::now() +
                     std::chrono::milliseconds(static_cast<int>(seconds * 1000));
    std::vector<std::thread> clients;
    for (int i = 0; i < connections; ++i) clients.emplace_back([&] { download(port, end, total); });
    for (auto& client : clients) client.join();
    const std::uint64_t bytes = total.load();
    CHECK(::write(ends[1], &bytes, sizeof bytes) == sizeof bytes);
    ::_exit(0);
  }
  std::uint64_t bytes = 0;
  CHECK(::read(ends[0], &bytes, sizeof bytes) == sizeof bytes);
  ::waitpid(child, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  const double gigabytes = static_cast<double>(bytes) / 1e9;
  return {gigabytes / seconds, (cpu_seconds() - cpu_before) / gigabytes};
}

/// The limit: blocking sends of 512 KiB, a thread a connection.
void serve_blocking(int client) {
  const int on = 1;
  ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  char request[4096];
  const std::string head =
      "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kBodyBytes) + "\r\n\r\n";
  while (::recv(client, request, sizeof request, 0) > 0) {
    if (::send(client, head.data(), head.size(), MSG_NOSIGNAL | MSG_MORE) < 0) break;
    std::uint64_t sent = 0;
    while (sent < kBodyBytes) {
      const std::uint64_t part = std::min<std::uint64_t>(store::kChunkBytes, kBodyBytes - sent);
      const ssize_t count = ::send(client, payload().data() + sent, part, MSG_NOSIGNAL);
      if (count < 0) break;
      sent += static_cast<std::uint64_t>(count);
    }
    if (sent < kBodyBytes) break;
  }
  ::close(client);
}

class BlockingServer {
 public:
  BlockingServer() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = loopback(0);
    CHECK(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    CHECK(::listen(listener_, 1024) == 0);
    socklen_t size = sizeof address;
    CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] {
      for (;;) {
        const int client = ::accept(listener_, nullptr, nullptr);
        if (client < 0) return;
        std::thread(serve_blocking, client).detach();
      }
    });
  }
  ~BlockingServer() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
  }
  std::uint16_t port() const { return port_; }

 private:
  int listener_;
  std::uint16_t port_ = 0;
  std::thread acceptor_;
};

std::unique_ptr<Server> start_server(std::string name, std::uint64_t pinned_limit) {
  auto server = Server::bind(
      {.name = std::move(name), .addresses = {"127.0.0.1:0"}, .pinned_limit = pinned_limit},
      [](Request, Respond respond) {
        Response response;
        response.body = CachedBody{std::make_shared<MemoryBody>(), {}};
        respond(std::move(response));
      });
  CHECK(server);
  (*server)->start();
  return std::move(*server);
}

std::uint16_t port_of(const Server& server) {
  const std::string address = server.addresses().front();
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

struct Row {
  const char* name;
  std::uint16_t port;
  std::vector<double> rates;
  std::vector<double> cpu;
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void run(double seconds, int repetitions) {
  const BlockingServer blocking;
  const auto pinned = start_server("pinned", 64 << 20);
  const auto unpinned = start_server("unpinned", 0);

  std::printf("%11s  %-24s %8s %10s %8s\n", "connections", "server", "GB/s", "CPU s/GB", "of loop");
  for (const int connections : {1, 16, 64, 256}) {
    Row rows[] = {{"blocking loop", blocking.port(), {}, {}},
                  {"ours", port_of(*pinned), {}, {}},
                  {"ours, nothing pinned", port_of(*unpinned), {}, {}}};
    for (int i = 0; i < repetitions; ++i) {  // Interleaved: the machine's moods hit all alike.
      for (Row& row : rows) {
        const Cell cell = measure(row.port, connections, seconds);
        row.rates.push_back(cell.gigabytes_a_second);
        row.cpu.push_back(cell.cpu_seconds_a_gigabyte);
      }
    }
    for (const Row& row : rows) {
      std::printf("%11d  %-24s %8.2f %10.3f %8.2f\n", connections, row.name, median(row.rates),
                  median(row.cpu), median(row.rates) / median(rows[0].rates));
    }
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace stagecache::http

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 2;
  const int repetitions = argc > 2 ? std::atoi(argv[2]) : 3;
  stagecache::http::run(seconds, repetitions);
}
