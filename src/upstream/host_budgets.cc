#include "upstream/host_budgets.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "stagecache/base/check.h"
#include "stagecache/base/log.h"
#include "stagecache/model/quantity.h"

namespace stagecache::upstream {
namespace {

constexpr RetryHint kPointless{.worth = false, .after = std::nullopt};
// "*.example.org" covers any number of names.
constexpr std::size_t kMostAccounts = 1000;

std::optional<WallTime> reset_of(const SlidingWeek& week, std::uint64_t limit) {
  const std::uint64_t used = week.bytes();
  if (used == 0) return std::nullopt;
  return week.below(limit > 0 && used >= limit ? limit : used);
}

}  // namespace

std::expected<HostBudgets::Meter, Failure> HostBudgets::begin(const std::string& host,
                                                              std::uint64_t weekly_bytes) {
  MutexLock lock(mutex_);
  Account& mine = account(host, weekly_bytes);
  if (weekly_bytes > 0) {
    if (const auto frees = mine.week.below(weekly_bytes))
      return failure(ErrorCode::Unavailable,
                     fmt::format("not asked: {} gave {} within a week and its weekly_bytes is {}; "
                                 "free again at {}, or raise it in its [[upstream.host]]",
                                 host, format_size(mine.week.bytes()), format_size(weekly_bytes),
                                 to_rfc3339(*frees)),
                     kPointless);
  }
  ++mine.running;
  return Meter(*this, host);
}

HostBudgets::Use HostBudgets::use_of(const std::string& host, std::uint64_t weekly_bytes) {
  MutexLock lock(mutex_);
  const Account& mine = account(host, weekly_bytes);
  return {.bytes = mine.week.bytes(),
          .limit = weekly_bytes,
          .resets_at = reset_of(mine.week, weekly_bytes)};
}

std::vector<std::string> HostBudgets::hosts() const {
  MutexLock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, account] : accounts_)
    if (account.week.bytes() > 0) names.push_back(name);
  return names;
}

HostBudgets::Account& HostBudgets::account(const std::string& host, std::uint64_t weekly_bytes) {
  if (!accounts_.contains(host)) make_room();
  const auto [found, is_new] = accounts_.try_emplace(host);
  Account& mine = found->second;
  mine.limit = weekly_bytes;
  if (is_new && weekly_bytes > 0 && store_) mine.week = SlidingWeek::parse(store_->load(host));
  mine.week.forget_old(clock_.wall());
  return mine;
}

/// Those without a budget are only shown, so they may be forgotten.
void HostBudgets::make_room() {
  if (accounts_.size() < kMostAccounts) return;
  std::erase_if(accounts_, [](const auto& entry) {
    return entry.second.running == 0 && (entry.second.limit == 0 || entry.second.week.bytes() == 0);
  });
}

void HostBudgets::count(const std::string& host, std::uint64_t bytes) {
  MutexLock lock(mutex_);
  const auto found = accounts_.find(host);
  CHECK(found != accounts_.end());
  Account& mine = found->second;
  mine.week.add(clock_.wall(), bytes);
  if (mine.limit == 0) return;
  if (bytes > mine.ahead) save(host, mine, kBlock);
  else mine.ahead -= bytes;
}

void HostBudgets::end(const std::string& host) {
  MutexLock lock(mutex_);
  const auto found = accounts_.find(host);
  CHECK(found != accounts_.end() && found->second.running > 0);
  Account& mine = found->second;
  if (--mine.running == 0 && mine.limit > 0 && mine.ahead > 0) save(host, mine, 0);
}

/// A store that cannot save (a full disk) stops no download: it is said, and tried again
/// with the next block; until then a crash would lose what came since.
void HostBudgets::save(const std::string& host, Account& account, std::uint64_t ahead) {
  account.ahead = ahead;
  if (!store_) return;
  account.week.forget_old(clock_.wall());
  SlidingWeek saved = account.week;
  saved.add(clock_.wall(), ahead);
  if (const auto done = store_->save(host, saved.to_string()); !done)
    log_warn("weekly_bytes of {}: {}", host, done.error().message);
}

}  // namespace stagecache::upstream
