#pragma once
//
// HostSlots answers one question: may one more transfer from this host begin? It
// counts transfers by host name and makes the next one wait at the host's limit,
// because upstreams ban an address that opens too many. Those that run share the
// host's rate: each waits its turn.
//
// Thread safety: all methods. No lock is held while a slot is.

#include <chrono>
#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <utility>

#include "stagecache/base/mutex.h"
#include "stagecache/base/result.h"

namespace stagecache::upstream {

class HostSlots {
 public:
  /// One transfer; ends with its scope.
  class [[nodiscard]] Slot {
   public:
    Slot(Slot&& other) noexcept
        : slots_(std::exchange(other.slots_, nullptr)), host_(std::move(other.host_)) {}
    Slot& operator=(Slot&&) = delete;
    /// `bytes` came: how long this transfer is to read nothing, so that all of the host
    /// together keep to `rate` (bytes a second; 0: no limit).
    std::chrono::milliseconds pace(std::size_t bytes, std::uint64_t rate) {
      return slots_->pace(host_, bytes, rate);
    }
    ~Slot() {
      if (slots_) slots_->give_back(host_);
    }

   private:
    friend class HostSlots;
    Slot(HostSlots& slots, std::string host) : slots_(&slots), host_(std::move(host)) {}

    HostSlots* slots_;  // Null once moved from.
    std::string host_;
  };

  /// Waits until fewer than `limit` (at least 1) transfers from `host` run.
  /// Fails with Cancelled when `stop` is asked for meanwhile.
  Result<Slot> acquire(const std::string& host, std::uint32_t limit, std::stop_token stop)
      EXCLUDES(mutex_);
  /// The same without waiting. Fails with Busy.
  Result<Slot> try_acquire(const std::string& host, std::uint32_t limit) EXCLUDES(mutex_);

  /// How many run, by host.
  std::map<std::string, std::uint32_t> running() const EXCLUDES(mutex_);

 private:
  struct Host {
    std::uint32_t transfers = 0;
    std::chrono::steady_clock::time_point paid_until;  // What came is paid for by then.
  };
  std::chrono::milliseconds pace(const std::string& host, std::size_t bytes, std::uint64_t rate)
      EXCLUDES(mutex_);
  void give_back(const std::string& host) EXCLUDES(mutex_);

  mutable Mutex mutex_;
  CondVar freed_or_stopped_;
  std::map<std::string, Host> running_ GUARDED_BY(mutex_);
};

}  // namespace stagecache::upstream
