#pragma once
//
// OwnListeners answers one question: would a connection to this address and port
// end at a listener of this process? Whatever an operator lists, the cache is not
// reached through itself.
//
// It counts what Linux makes of an address: 0.0.0.0 and :: are loopback, an
// IPv4-mapped address is the IPv4 one, a listener on all addresses is at every
// address that this machine has. It cannot see through other machines: a balancer in
// front of us is another address. The Via field is for that.
// Thread safety: all methods.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "stagecache/base/mutex.h"

namespace stagecache::upstream {

class OwnListeners {
 public:
  /// "127.0.0.1:8080", "[::]:8081": as bound, with real ports. What is none is left out.
  void set(const std::vector<std::string>& listeners) EXCLUDES(mutex_);

  /// `address` is 4 or 16 bytes.
  bool reached_by(std::span<const std::uint8_t> address, std::uint16_t port) const EXCLUDES(mutex_);

 private:
  struct Listener {
    std::vector<std::uint8_t> address;
    std::uint16_t port;
  };

  mutable Mutex mutex_;
  std::vector<Listener> listeners_ GUARDED_BY(mutex_);
};

}  // namespace stagecache::upstream
