#pragma once
// The name of an artifact: a SHA-256 digest (FIPS 180-4) as a value.

#include <array>
#include <compare>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "stagecache/base/result.h"

namespace stagecache {

struct Sha256 {
  std::array<std::byte, 32> bytes{};

  /// Reads 64 hex digits of either case. Fails with BadInput otherwise.
  static Result<Sha256> parse(std::string_view hex);
  /// REQUIRES: bytes.size() == 32.
  static Sha256 from(std::span<const std::byte> bytes);

  std::string hex() const;     ///< 64 lower-case digits.
  std::string base64() const;  ///< For Repr-Digest (RFC 9530).

  auto operator<=>(const Sha256&) const = default;
};

}  // namespace stagecache

template <>
struct std::hash<stagecache::Sha256> {
  std::size_t operator()(const stagecache::Sha256& digest) const noexcept;
};
