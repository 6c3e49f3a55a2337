#pragma once
//
// Content-defined anchors: places in a byte stream that are found again wherever the same 64
// bytes stand, whatever is in front of them. A gear hash (Xia et al., "Ddelta", 2014): shift left
// by one, add the byte's number from a fixed table, so 64 bytes later a byte has left the hash.
// An anchor is where the top 7 bits are zero: about one in 128 bytes.
//
// The table is part of the sketches that lie on disks: never change it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace stagecache::pack {

inline constexpr unsigned kAnchorBits = 7;
/// Bytes that an anchor's hash depends on.
inline constexpr std::uint64_t kAnchorWindow = 64;

/// A number whose every bit depends on every bit of `x`, one to one: splitmix64's last step
/// (Steele, Lea, Flood 2014).
constexpr std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

consteval std::array<std::uint64_t, 256> gear_table() {
  std::array<std::uint64_t, 256> table{};
  for (std::uint64_t byte = 0; byte < table.size(); ++byte)
    table[byte] = mixed((byte + 1) * 0x9e3779b97f4a7c15);
  return table;
}
inline constexpr std::array<std::uint64_t, 256> kGear = gear_table();

constexpr bool is_anchor(std::uint64_t hash) {
  return hash >> (64 - kAnchorBits) == 0;
}

/// A run of one byte brings the hash to a standstill; none of these may be an anchor, or each
/// byte of such a run were one.
consteval bool runs_give_no_anchors() {
  for (const std::uint64_t gear : kGear)
    if (is_anchor(0 - gear)) return false;
  return true;
}
static_assert(runs_give_no_anchors());

/// Finds the anchors of a stream that comes in pieces.
class AnchorScan {
 public:
  /// Calls found(position, hash) for each anchor that ends in `bytes`: `position` is where in the
  /// stream the 64 bytes end, `hash` tells them from others.
  template <class Found>
  void scan(std::span<const std::byte> bytes, Found&& found) {
    std::uint64_t hash = hash_;
    std::uint64_t position = position_;
    for (const std::byte byte : bytes) {
      hash = (hash << 1) + kGear[std::to_integer<unsigned>(byte)];
      ++position;
      if (is_anchor(hash) && position >= kAnchorWindow) [[unlikely]]
        found(position, hash);
    }
    hash_ = hash;
    position_ = position;
  }

 private:
  std::uint64_t hash_ = 0;
  std::uint64_t position_ = 0;
};

}  // namespace stagecache::pack
