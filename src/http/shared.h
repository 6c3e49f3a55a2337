#pragma once
// What all connections and I/O loops of one server share.

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "http/pin_budget.h"
#include "stagecache/base/mutex.h"
#include "stagecache/http/server.h"

namespace stagecache::http {

/// Counts open connections and lets the end of a server wait for none.
class OpenConnections {
 public:
  std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }
  void add() { count_.fetch_add(1, std::memory_order_relaxed); }
  void remove() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (count_.fetch_sub(1, std::memory_order_relaxed) == 1) none_.notify_all();
  }
  /// Waits until there is none, at most for `limit`.
  void wait_for_none(std::chrono::milliseconds limit) EXCLUDES(mutex_) {
    const auto end = std::chrono::steady_clock::now() + limit;
    MutexLock lock(mutex_);
    while (count() > 0) {
      const auto left = end - std::chrono::steady_clock::now();
      if (left <= left.zero()) return;
      none_.wait_for(mutex_, left);
    }
  }

 private:
  Mutex mutex_;
  CondVar none_;
  std::atomic<std::uint64_t> count_{0};
};

/// How the clients of a listener speak.
enum class Security { Plain, Tls };

struct Shared {
  Shared(ServerOptions server_options, Handler server_handler)
      : options(std::move(server_options)),
        handler(std::move(server_handler)),
        pins(options.pinned_limit),
        greetings(std::max<std::size_t>(1, options.connection_limit / 2)) {}

  const ServerOptions options;
  const Handler handler;

  PinBudget pins;
  // TLS handshakes under way. Half of the connections: those who say nothing must
  // not keep the others out.
  PinBudget greetings;
  OpenConnections open;
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> sent_bytes{0};
  std::atomic<std::uint64_t> cut_bodies{0};
};

}  // namespace stagecache::http
