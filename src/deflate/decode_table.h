#pragma once
//
// Tables that turn the next bits of a stream into a symbol: one look for codes of up to
// `kPrimaryBits`, a second one for longer ones. Private to the module.
//
// An entry is one word, so that a look is one load:
//     bits 0-7    how many bits it takes: code and extra bits
//     bits 28-31  what it is (none of them: a length, or a distance)
//   literal:   bits 8-15 its value
//   length:    bits 8-15 least length less 3, 16-19 bits of the code, 24 set in code 284
//   distance:  bits 8-22 least distance less 1, 24-27 bits of the code
//   link:      bits 8-23 where the second look's entries lie, 24-27 how many bits it looks at

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "codes.h"

namespace stagecache::deflate {

using Entry = std::uint32_t;
inline constexpr Entry kLiteralFlag = 1u << 31, kLinkFlag = 1u << 30, kEndFlag = 1u << 29,
                       kInvalidFlag = 1u << 28;
inline constexpr Entry kSpecialFlags = kLinkFlag | kEndFlag | kInvalidFlag;
inline constexpr Entry kCode284 = 1u << 24;

inline unsigned bits_of(Entry entry) {
  return entry & 0xff;
}

/// The bits that `entry` takes from `word`, without its code's: what stands there in extra.
inline unsigned extra_of(Entry entry, unsigned code_bits, std::uint64_t word) {
  const std::uint64_t taken = word & ((std::uint64_t{1} << bits_of(entry)) - 1);
  return static_cast<unsigned>(taken >> code_bits);
}
inline unsigned length_of(Entry entry, std::uint64_t word) {
  return ((entry >> 8) & 0xff) + extra_of(entry, (entry >> 16) & 15, word);
}
inline unsigned distance_of(Entry entry, std::uint64_t word) {
  return ((entry >> 8) & 0x7fff) + extra_of(entry, (entry >> 24) & 15, word);
}

/// The entries of codes that read_dynamic_header takes, or of the fixed ones. Bits that no
/// code begins with lead to an invalid entry, which takes one bit.
template <unsigned PrimaryBits, std::size_t Entries>
class DecodeTable {
 public:
  static constexpr unsigned kPrimaryBits = PrimaryBits;

  /// The first look.
  Entry at(std::uint64_t word) const { return entries_[word & ((1u << kPrimaryBits) - 1)]; }
  Entry follow(Entry link, std::uint64_t word) const {
    const std::uint64_t bits = (word >> kPrimaryBits) & ((1u << ((link >> 24) & 15)) - 1);
    return entries_[((link >> 8) & 0xffff) + bits];
  }
  /// Both looks.
  Entry find(std::uint64_t word) const {
    const Entry entry = at(word);
    return entry & kLinkFlag ? follow(entry, word) : entry;
  }

 protected:
  std::array<Entry, Entries> entries_{};
};

/// The most entries that complete codes of 288 symbols need with 10 bits is 1,334, and of 32
/// with 9 bits 594 (zlib's examples/enough.c reckons them); incomplete ones need fewer.
class LiteralTable : public DecodeTable<10, 1400> {
 public:
  void fill(std::span<const std::uint8_t> lengths);
};

class DistanceTable : public DecodeTable<9, 640> {
 public:
  void fill(std::span<const std::uint8_t> lengths);
};

}  // namespace stagecache::deflate
