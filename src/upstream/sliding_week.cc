#include "upstream/sliding_week.h"

#include <fmt/format.h>

#include <charconv>

namespace stagecache::upstream {
namespace {

constexpr std::int64_t kHoursAWeek = 7 * 24;

std::int64_t hour_of(WallTime time) {
  return std::chrono::floor<std::chrono::hours>(time).time_since_epoch().count();
}

/// The moment at which the bytes of `hour` are forgotten.
WallTime forgotten_at(std::int64_t hour) {
  return WallTime(std::chrono::hours(hour + kHoursAWeek + 1));
}

}  // namespace

SlidingWeek SlidingWeek::parse(std::string_view text) {
  SlidingWeek week;
  while (!text.empty()) {
    const std::string_view entry = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(entry.size() + 1, text.size()));
    const char* const end = entry.data() + entry.size();
    std::int64_t hour = 0;
    std::uint64_t bytes = 0;
    const auto colon = std::from_chars(entry.data(), end, hour);
    if (colon.ec != std::errc{} || colon.ptr == end || *colon.ptr != ':') continue;
    const auto last = std::from_chars(colon.ptr + 1, end, bytes);
    if (last.ec == std::errc{} && last.ptr == end) week.hours_[hour] += bytes;
  }
  return week;
}

std::string SlidingWeek::to_string() const {
  std::string text;
  for (const auto& [hour, bytes] : hours_)
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", hour, bytes);
  return text;
}

void SlidingWeek::add(WallTime now, std::uint64_t bytes) {
  if (bytes > 0) hours_[hour_of(now)] += bytes;
}

void SlidingWeek::forget_old(WallTime now) {
  const std::int64_t hour = hour_of(now);
  hours_.erase(hours_.begin(), hours_.lower_bound(hour - kHoursAWeek));
  std::uint64_t future = 0;
  for (auto later = hours_.upper_bound(hour); later != hours_.end(); later = hours_.erase(later))
    future += later->second;
  add(now, future);
}

std::uint64_t SlidingWeek::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [hour, bytes] : hours_) sum += bytes;
  return sum;
}

std::optional<WallTime> SlidingWeek::below(std::uint64_t limit) const {
  std::uint64_t left = bytes();
  if (left < limit) return std::nullopt;
  for (const auto& [hour, bytes] : hours_) {
    left -= bytes;
    if (left < limit) return forgotten_at(hour);
  }
  return std::nullopt;  // A limit of 0, which nobody asks about.
}

}  // namespace stagecache::upstream
