#pragma once
//
// Sizes, durations and rates as people write them in the configuration and as
// we print them. Pure.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "stagecache/base/result.h"

namespace stagecache {

/// "20GiB" (2^30), "20GB" (10^9), "512MiB", "0". A bare number is bytes.
/// Fails with BadInput for anything else, a sign or an overflow.
Result<std::uint64_t> parse_size(std::string_view text);

/// "90", "90s", "15m", "2h", "7d", "250ms". A bare number is seconds.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The largest unit with at most one decimal: "317.4 MiB", "2 GiB", "17 B".
std::string format_size(std::uint64_t bytes);

/// "850 ms", "12.3 s", "4 min 10 s".
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace stagecache
