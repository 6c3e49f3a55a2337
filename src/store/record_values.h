#pragma once
// How single values stand in a record's field (record_codec.h has the grammar). Pure.

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

#include "stagecache/base/clock.h"
#include "stagecache/base/result.h"
#include "stagecache/model/sha256.h"

namespace stagecache::store {

inline std::string_view raw(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

inline Status read_digest(std::string_view bytes, Sha256& out) {
  if (bytes.size() != out.bytes.size()) return fail(ErrorCode::Corrupt, "digest of a wrong length");
  out = Sha256::from(std::as_bytes(std::span(bytes)));
  return {};
}

inline std::uint64_t to_number(WallTime time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}
inline WallTime to_time(std::uint64_t seconds) {
  return WallTime(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

/// Enumerators that a newer minor version might add are read as the last known.
template <class Enum>
Enum to_enum(std::uint64_t value, Enum last) {
  return static_cast<Enum>(std::min(value, static_cast<std::uint64_t>(last)));
}

}  // namespace stagecache::store
