#pragma once
//
// HostLimits is what a host's rule and its own answers allow, in one place: before a
// request begins it must pass the weekly budget, the time that the host asked to be left
// alone, and the number of connections.
//
// Thread safety: all methods.

#include <expected>
#include <string>
#include <vector>

#include "stagecache/upstream/upstream.h"
#include "upstream/failure.h"
#include "upstream/host_budgets.h"
#include "upstream/host_holds.h"
#include "upstream/host_slots.h"

namespace stagecache::upstream {

class HostLimits {
 public:
  using Patience = HostHolds::Patience;

  /// One transfer that may run; ends with its scope.
  struct Pass {
    HostSlots::Slot slot;
    HostBudgets::Meter meter;
  };

  HostLimits(const Clock& clock, const Options& options, BudgetStore* budgets)
      : holds_(clock, options.first_backoff, options.longest_backoff), budgets_(clock, budgets) {}

  /// Waits, where that helps and `patience` has any. Fails with Busy for want of patience,
  /// Unavailable where waiting is pointless, Cancelled.
  std::expected<Pass, Failure> enter(const std::string& host, const HostRule& rule,
                                     Patience patience, std::stop_token stop);

  /// What the host answered, and how that is to be told: a 429, or a 503 with
  /// Retry-After, holds the host's other requests back.
  template <class Result>
  void answered(const std::string& host, int status, Result& result) {
    const bool refused = !result && (status == 429 || (status == 503 && result.error().hint.after));
    if (!refused) return holds_.answered(host);
    result =
        std::unexpected(holds_.refused(host, result.error().hint.after, std::move(result).error()));
  }

  std::vector<HostUse> hosts(const Policy& policy);

 private:
  HostHolds holds_;
  HostSlots slots_;
  HostBudgets budgets_;
};

}  // namespace stagecache::upstream
