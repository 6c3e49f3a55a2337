#include "upstream/host_holds.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "stagecache/base/log.h"
#include "stagecache/model/quantity.h"

namespace stagecache::upstream {
namespace {

constexpr RetryHint kPointless{.worth = false, .after = std::nullopt};
// A server may name any number; the arithmetic must survive it.
constexpr std::chrono::seconds kLongestHold = std::chrono::days(30);
// Hosts come from the allow list, but "*.example.org" covers any number of names.
constexpr std::size_t kMostHolds = 1000;

std::chrono::milliseconds in_ms(SteadyTime::duration time) {
  return std::chrono::ceil<std::chrono::milliseconds>(time);
}

}  // namespace

HostHolds::HostHolds(const Clock& clock, std::chrono::milliseconds first,
                     std::chrono::milliseconds longest, Wait wait)
    : clock_(clock), first_(first), longest_(longest), wait_(std::move(wait)) {}

std::expected<void, Failure> HostHolds::wait_for(const std::string& host, Patience patience,
                                                 std::stop_token stop) {
  // Again after each wait: another transfer may have been refused meanwhile.
  while (const auto until = held_until(host)) {
    const auto left = *until - clock_.steady();
    if (patience == Patience::None)
      return failure(ErrorCode::Busy,
                     fmt::format("{} asked not to be asked before {}", host, at_time(*until)),
                     kPointless);
    if (left > kLongestRetryAfter)
      return failure(
          ErrorCode::Unavailable,
          fmt::format("not asked: {} answered \"too many requests\" and wants to be left alone "
                      "until {}; try again then",
                      host, at_time(*until)),
          kPointless);
    if (!wait_(in_ms(left), stop))
      return failure(
          ErrorCode::Cancelled,
          fmt::format("cancelled while {} is left alone until {}", host, at_time(*until)),
          kPointless);
  }
  return {};
}

Failure HostHolds::refused(const std::string& host, std::optional<std::chrono::seconds> after,
                           Failure said) {
  const SteadyTime now = clock_.steady();
  SteadyTime until;
  {
    MutexLock lock(mutex_);
    if (holds_.size() >= kMostHolds)
      std::erase_if(holds_, [&](const auto& hold) { return hold.second.until <= now; });
    auto& hold = holds_.try_emplace(host, Hold{now, Backoff(first_, longest_)}).first->second;
    const std::chrono::milliseconds pause =
        after ? std::chrono::milliseconds(std::min(*after, kLongestHold)) : hold.doubling.next();
    hold.until = std::max(hold.until, now + pause);
    until = hold.until;
  }
  log_info("{}: {}; nothing more is asked there for {}", host, said.error.message,
           format_duration(in_ms(until - now)));
  if (until - now <= kLongestRetryAfter) return said;
  said.hint = kPointless;
  said.error.message +=
      fmt::format(" and wants to be left alone until {}; try again then", at_time(until));
  return said;
}

void HostHolds::answered(const std::string& host) {
  MutexLock lock(mutex_);
  // A transfer that began before the refusal may answer after it: the hold stays.
  const auto hold = holds_.find(host);
  if (hold != holds_.end() && hold->second.until <= clock_.steady()) holds_.erase(hold);
}

std::optional<SteadyTime> HostHolds::held_until(const std::string& host) {
  MutexLock lock(mutex_);
  const auto hold = holds_.find(host);
  if (hold == holds_.end() || hold->second.until <= clock_.steady()) return std::nullopt;
  return hold->second.until;
}

std::string HostHolds::at_time(SteadyTime then) const {
  return to_rfc3339(clock_.wall() +
                    std::chrono::ceil<std::chrono::seconds>(then - clock_.steady()));
}

}  // namespace stagecache::upstream
