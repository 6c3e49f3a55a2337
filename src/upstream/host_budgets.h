#pragma once
//
// HostBudgets answers one question: may another transfer begin, or did this host give
// as much as it may in a week? Apache's archive bans an address for 40 GB a week.
// It counts body bytes by host name; a transfer that runs goes on to its end, for
// cutting it would waste what came.
//
// INVARIANT: what is saved of a host with a budget runs ahead of what came from it:
// a block of kBlock is saved before its bytes come, and the rest given back when the
// host's last transfer ends. So kill -9 makes it count at most kBlock too much, and
// nothing too little but the piece (256 KiB) just being counted. (A store that
// cannot save: see save().)
//
// Thread safety: all methods. BudgetStore is called under the lock, once a block.

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "stagecache/base/clock.h"
#include "stagecache/base/mutex.h"
#include "stagecache/upstream/budget_store.h"
#include "upstream/failure.h"
#include "upstream/sliding_week.h"

namespace stagecache::upstream {

class HostBudgets {
 public:
  static constexpr std::uint64_t kBlock = 64ULL * 1024 * 1024;

  struct Use {
    std::uint64_t bytes = 0;            ///< Of the last seven days.
    std::uint64_t limit = 0;            ///< 0: none.
    std::optional<WallTime> resets_at;  ///< Exhausted: when it may begin again; else
                                        ///< when the oldest bytes are a week old.
  };

  /// One transfer; ends with its scope.
  class [[nodiscard]] Meter {
   public:
    Meter(Meter&& other) noexcept
        : budgets_(std::exchange(other.budgets_, nullptr)), host_(std::move(other.host_)) {}
    Meter& operator=(Meter&&) = delete;
    ~Meter() {
      if (budgets_) budgets_->end(host_);
    }
    void received(std::uint64_t bytes) { budgets_->count(host_, bytes); }

   private:
    friend class HostBudgets;
    Meter(HostBudgets& budgets, std::string host) : budgets_(&budgets), host_(std::move(host)) {}

    HostBudgets* budgets_;  // Null once moved from.
    std::string host_;
  };

  /// `store` may be null: then nothing outlives the process.
  HostBudgets(const Clock& clock, BudgetStore* store) : clock_(clock), store_(store) {}

  /// Fails with Unavailable (no try is worth it) when `weekly_bytes` (0: no budget) are used up.
  std::expected<Meter, Failure> begin(const std::string& host, std::uint64_t weekly_bytes)
      EXCLUDES(mutex_);

  /// What is known of a host; asks the store for one not seen yet.
  Use use_of(const std::string& host, std::uint64_t weekly_bytes) EXCLUDES(mutex_);
  /// Hosts that gave bytes since the start or within the saved week.
  std::vector<std::string> hosts() const EXCLUDES(mutex_);

 private:
  struct Account {
    SlidingWeek week;
    std::uint64_t limit = 0;
    std::uint64_t ahead = 0;  // Saved beyond what came.
    std::uint32_t running = 0;
  };
  Account& account(const std::string& host, std::uint64_t weekly_bytes) REQUIRES(mutex_);
  void make_room() REQUIRES(mutex_);
  void count(const std::string& host, std::uint64_t bytes) EXCLUDES(mutex_);
  void end(const std::string& host) EXCLUDES(mutex_);
  void save(const std::string& host, Account& account, std::uint64_t ahead) REQUIRES(mutex_);

  const Clock& clock_;
  BudgetStore* const store_;

  mutable Mutex mutex_;
  std::map<std::string, Account> accounts_ GUARDED_BY(mutex_);
};

}  // namespace stagecache::upstream
