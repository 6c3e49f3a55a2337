#pragma once
//
// Resolver turns a host into its addresses, with c-ares and not with libc: on a
// foundation the machine's own DNS may point an upstream's name at us, so the
// operator can name another server. It has no opinion on the addresses.
//
// INVARIANT: with a server named, neither /etc/hosts nor HOSTALIASES counts.
// Thread safety: all methods; calls block.

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "stagecache/base/result.h"
#include "upstream/address.h"

namespace stagecache::upstream {

class Resolver {
 public:
  struct Options {
    std::string server;  ///< "10.0.0.2", "10.0.0.2:53", "[::1]:53"; "" for the system's.
    std::chrono::milliseconds timeout{10'000};
  };

  explicit Resolver(Options options);

  /// All IPv4 and IPv6 addresses; never an empty list. A literal is its own address.
  /// Fails with NotFound (no such name), Unavailable (the servers failed),
  /// TimedOut, Cancelled, BadInput (the server option is no address).
  Result<std::vector<Address>> resolve(const std::string& host, std::stop_token stop) const;

 private:
  const Options options_;
};

}  // namespace stagecache::upstream
