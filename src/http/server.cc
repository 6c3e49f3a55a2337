#include "stagecache/http/server.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <thread>
#include <utility>

#include "http/connection.h"
#include "http/io_loop.h"
#include "http/listener.h"
#include "http/shared.h"
#include "stagecache/base/check.h"

namespace stagecache::http {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds kShortestTick{10};
constexpr std::chrono::milliseconds kLongestTick{1'000};

/// Deadlines are kept to a quarter of the shortest of them.
std::chrono::milliseconds tick_of(const ServerOptions& options) {
  const auto shortest = std::min({options.idle_timeout, options.greeting_timeout,
                                  options.header_timeout, options.send_timeout});
  return std::clamp(shortest / 4, kShortestTick, kLongestTick);
}

std::size_t thread_count(const ServerOptions& options) {
  if (options.threads > 0) return options.threads;
  return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

class Server::Parts {
 public:
  /// Bound: listens, answers nothing yet. Started: threads run. Stopped: for good.
  enum class State { Bound, Started, Stopped };

  Parts(ServerOptions options, Handler handler)
      : shared(std::make_shared<Shared>(std::move(options), std::move(handler))) {
    const auto& bound = shared->options;
    for (std::size_t i = 0; i < thread_count(bound); ++i) {
      loops.push_back(
          std::make_shared<IoLoop>("http-" + bound.name + "-" + std::to_string(i), tick_of(bound)));
    }
  }

  Status bind() {
    const ServerOptions& options = shared->options;
    CHECK((options.tls_addresses.empty() && options.tls_sockets.empty()) || options.certificates);
    RETURN_IF_ERROR(adopt_all(options.sockets, Security::Plain));
    RETURN_IF_ERROR(adopt_all(options.tls_sockets, Security::Tls));
    RETURN_IF_ERROR(bind_all(options.addresses, Security::Plain));
    return bind_all(options.tls_addresses, Security::Tls);
  }

  std::vector<std::string> addresses(Security security) const {
    std::vector<std::string> bound;
    for (const auto& listener : listeners)
      if (listener->security() == security) bound.push_back(listener->address());
    return bound;
  }

  void start() EXCLUDES(mutex) {
    MutexLock lock(mutex);
    if (state != State::Bound) return;
    state = State::Started;
    for (const auto& listener : listeners) listener->start();
    for (const auto& loop : loops) loop->start();
  }

  void stop(std::chrono::milliseconds grace) EXCLUDES(mutex) {
    MutexLock lock(mutex);
    if (std::exchange(state, State::Stopped) != State::Started) return close_listeners();

    asio::post(loops.front()->context(), [this] { close_listeners(); });
    on_every_loop([](IoLoop& loop) {
      loop.set_stopping();
      for (const auto& connection : loop.connections()) connection->end_when_idle();
    });
    shared->open.wait_for_none(grace);
    on_every_loop([](IoLoop& loop) {
      for (const auto& connection : loop.connections()) connection->cut();
    });
    for (const auto& loop : loops) loop->join();
  }

  const std::shared_ptr<Shared> shared;
  IoLoops loops;
  std::vector<std::unique_ptr<Listener>> listeners;

 private:
  Status adopt_all(const std::vector<int>& sockets, Security security) {
    for (const int socket : sockets) {
      auto listener = Listener::adopt(socket, security, loops, shared);
      if (!listener) return error_of(std::move(listener));
      listeners.push_back(std::move(*listener));
    }
    return {};
  }

  Status bind_all(const std::vector<std::string>& wanted, Security security) {
    for (const std::string& address : wanted) {
      auto listener = Listener::bind(address, security, loops, shared);
      if (!listener) return error_of(std::move(listener));
      listeners.push_back(std::move(*listener));
    }
    return {};
  }

  void close_listeners() {
    for (const auto& listener : listeners) listener->close();
  }

  template <class Work>
  void on_every_loop(Work work) {
    for (const auto& loop : loops) asio::post(loop->context(), [loop, work] { work(*loop); });
  }

  Mutex mutex;  // Held through stop, so that a second one returns when all are gone, too.
  State state GUARDED_BY(mutex) = State::Bound;
};

Result<std::unique_ptr<Server>> Server::bind(ServerOptions options, Handler handler) {
  auto parts = std::make_unique<Parts>(std::move(options), std::move(handler));
  if (auto bound = parts->bind(); !bound) return error_of(std::move(bound));
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() {
  stop(std::chrono::milliseconds(0));
}

void Server::start() {
  parts_->start();
}

void Server::stop(std::chrono::milliseconds grace) {
  parts_->stop(grace);
}

std::vector<std::string> Server::addresses() const {
  return parts_->addresses(Security::Plain);
}

std::vector<std::string> Server::tls_addresses() const {
  return parts_->addresses(Security::Tls);
}

ServerCounters Server::counters() const {
  const Shared& shared = *parts_->shared;
  return {.connections = shared.connections.load(),
          .requests = shared.requests.load(),
          .sent_bytes = shared.sent_bytes.load(),
          .cut_bodies = shared.cut_bodies.load(),
          .open_connections = shared.open.count(),
          .pinned_bytes = shared.pins.pinned()};
}

}  // namespace stagecache::http
