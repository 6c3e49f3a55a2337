#pragma once
//
// Upstream builds the fetchers from options: the one that fills use, and a plain
// one for our own command line. It owns what transfers share (resolver, per-host
// slots). Thread safety: all methods, from any thread.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stagecache/base/clock.h"
#include "stagecache/upstream/budget_store.h"
#include "stagecache/upstream/fetcher.h"
#include "stagecache/upstream/own_listeners.h"
#include "stagecache/upstream/policy.h"

namespace stagecache::upstream {

struct Options {
  std::string resolver;  ///< "10.0.0.2" or "10.0.0.2:53"; "" for the system's servers.
  /// "http://proxy:3128", https:// or socks5h://, with or without user:password@; ""
  /// for none. The proxy then finds the hosts: we see, and check, no addresses.
  std::string proxy;
  /// Hosts that are asked without the proxy, and all below them: "example.org".
  std::vector<std::string> no_proxy;
  std::string ca_file;  ///< PEM, besides the system's; "" for none.
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds header_timeout{60'000};
  /// Abort and retry when slower than this many bytes a second ...
  std::uint64_t low_speed_bytes = 1024;
  /// ... for this long.
  std::chrono::seconds low_speed_time{30};
  int attempts = 6;                              ///< Without progress, per fetch.
  std::chrono::milliseconds first_backoff{500};  ///< Doubles, with jitter.
  std::chrono::milliseconds longest_backoff{30'000};
  bool offline = false;  ///< At the start; see go_offline.
  /// Our pseudonym in the Via field of what we send ("" for none): a request that
  /// comes back to us is known by it.
  std::string via;
};

/// Counters that the admin listener reads; they only grow.
struct Counters {
  std::uint64_t requests = 0;  ///< Every hop that was sent.
  std::uint64_t bytes = 0;     ///< Body bytes received.
  std::uint64_t retries = 0;
  std::uint64_t resumes = 0;  ///< Range requests after a broken transfer.
};

/// What a host gives and may give.
struct HostUse {
  std::string host;
  std::uint32_t connections = 0;      ///< Transfers that run.
  std::uint64_t weekly_bytes = 0;     ///< The budget; 0: none.
  std::uint64_t used_bytes = 0;       ///< Within the last seven days.
  std::optional<WallTime> resets_at;  ///< Exhausted: when it may begin again; else when
                                      ///< the oldest bytes are a week old.
};

class Upstream {
 public:
  /// `budgets` must outlive it; null: what hosts gave is forgotten with it.
  Upstream(Options options, Policy policy, BudgetStore* budgets = nullptr);
  ~Upstream();

  /// OfflineGate(Retrying(MirrorGroup(Curl))); lives as long as this.
  Fetcher& fetcher();
  const Policy& policy() const;
  /// What is never connected to, whatever a host's entry allows.
  OwnListeners& own_listeners();
  /// Whether `place` is an address and port of our own listeners, spelled as an address.
  bool is_own_address(const Url& place) const;

  /// From the return on nothing goes out; fetches that run fail with TimedOut, as new
  /// ones do. Both may be called again and again.
  void go_offline();
  void go_online();
  bool offline() const;
  /// What a fetch of `url` fails with while offline.
  Error offline_error(const Url& url) const;

  Counters counters() const;
  /// Hosts with traffic within the week or a budget, by name.
  std::vector<HostUse> hosts() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace stagecache::upstream
