#include "stagecache/model/quantity.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>

namespace stagecache {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array kSizeUnits = {
    Unit{"", 1},
    Unit{"B", 1},
    Unit{"kB", 1000},
    Unit{"KB", 1000},
    Unit{"MB", 1'000'000},
    Unit{"GB", 1'000'000'000},
    Unit{"TB", 1'000'000'000'000},
    Unit{"KiB", 1ull << 10},
    Unit{"MiB", 1ull << 20},
    Unit{"GiB", 1ull << 30},
    Unit{"TiB", 1ull << 40},
};
constexpr std::array kDurationUnits = {
    Unit{"", 1000},      Unit{"ms", 1},        Unit{"s", 1000},       Unit{"m", 60'000},
    Unit{"min", 60'000}, Unit{"h", 3'600'000}, Unit{"d", 86'400'000},
};

/// A decimal number and one of `units`; nothing else, no blank, no sign.
Result<std::uint64_t> parse_with_unit(std::string_view text, std::span<const Unit> units,
                                      std::string_view wanted) {
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(stop, static_cast<std::size_t>(text.data() + text.size() - stop));
  if (error == std::errc{}) {
    for (const Unit& known : units) {
      if (unit != known.name) continue;
      if (number > std::numeric_limits<std::int64_t>::max() / known.factor)
        return fail(ErrorCode::BadInput, fmt::format("'{}' is too large", text));
      return number * known.factor;
    }
  }
  return fail(ErrorCode::BadInput, fmt::format("'{}' is no {}", text.substr(0, 40), wanted));
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  return parse_with_unit(text, kSizeUnits, "size (such as 512MiB or 20GB)");
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto value = parse_with_unit(text, kDurationUnits, "duration (such as 250ms, 90s, 15m)");
  if (!value) return std::unexpected(value.error());
  return std::chrono::milliseconds(static_cast<std::int64_t>(*value));
}

std::string format_size(std::uint64_t bytes) {
  constexpr std::array names = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // 1023.95 would print as "1024.0": the next unit says it better.
  while (value >= 1023.95 && unit + 1 < names.size()) {
    value /= 1024;
    ++unit;
  }
  const double rounded = std::round(value * 10) / 10;
  if (rounded == std::floor(rounded)) return fmt::format("{:.0f} {}", rounded, names[unit]);
  return fmt::format("{:.1f} {}", rounded, names[unit]);
}

std::string format_duration(std::chrono::milliseconds duration) {
  const auto ms = duration.count();
  if (ms < 1000) return fmt::format("{} ms", ms);
  if (ms < 60'000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  return fmt::format("{} min {} s", ms / 60'000, ms % 60'000 / 1000);
}

}  // namespace stagecache
