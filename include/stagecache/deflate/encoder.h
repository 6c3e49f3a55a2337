#pragma once
//
// encode() writes tokens as the deflate bits they were read from: exactly those, whatever
// encoder made them, because the codes are given and not chosen.
//
// Pure; any thread.

#include <cstdint>
#include <vector>

#include "stagecache/base/result.h"
#include "stagecache/deflate/tokens.h"

namespace stagecache::deflate {

/// The low bits of a byte that is not full yet.
struct PartialByte {
  std::uint8_t value = 0;  ///< Bits from `bits` on are 0.
  unsigned bits = 0;       ///< 0 to 7.

  bool operator==(const PartialByte&) const = default;
};

/// Appends the whole bytes to `out`, beginning with what stands in `before`, and gives the
/// bits that are left. Tokens may come from a damaged disk. Fails with Corrupt when the
/// streams do not fit together, a token has no code, or more than `limit` bytes would come.
Result<PartialByte> encode(const TokensView& tokens, PartialByte before, std::uint64_t limit,
                           std::vector<std::byte>& out);

}  // namespace stagecache::deflate
