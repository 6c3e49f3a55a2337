#pragma once
//
// A table that turns the next bits of a stream into a symbol: one look for codes of up to
// `kPrimaryBits`, a second one for longer ones. Private to the module.
//
// An entry is one word, so that a look is one load:
//     bits 0-3    length of the code; in a link: bits of the first look
//     bits 4-7    extra bits; in a link: bits of the second look
//     bits 8-11   flags
//     bits 16-31  literal, length less 3, distance less 1; in a link: where it goes

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "codes.h"

namespace stagecache::deflate {

using Entry = std::uint32_t;
inline constexpr Entry kLiteralFlag = 1u << 8, kLinkFlag = 1u << 9, kEndFlag = 1u << 10,
                       kInvalidFlag = 1u << 11;
inline constexpr Entry kSpecialFlags = kLinkFlag | kEndFlag | kInvalidFlag;

inline unsigned code_bits(Entry entry) {
  return entry & 15;
}
inline unsigned extra_bits(Entry entry) {
  return (entry >> 4) & 15;
}
inline unsigned value_of(Entry entry) {
  return entry >> 16;
}

/// What a symbol's entry says besides its code's length. REQUIRES: symbol < 288, < 32.
Entry literal_entry(std::size_t symbol);
Entry distance_entry(std::size_t symbol);

/// Fills a table. Bits that no code begins with lead to an invalid entry. REQUIRES: lengths that
/// read_dynamic_header takes, or fixed ones.
void fill_table(std::span<Entry> table, unsigned primary_bits,
                std::span<const std::uint8_t> lengths, Entry (*entry_of)(std::size_t));

/// The most entries that complete codes of 288 symbols need with 11 bits is 2,342, and of 32
/// with 9 bits 594 (zlib's examples/enough.c reckons them); incomplete ones need fewer.
class LiteralTable {
 public:
  static constexpr unsigned kPrimaryBits = 11;
  void fill(std::span<const std::uint8_t> lengths) {
    fill_table(entries_, kPrimaryBits, lengths, literal_entry);
  }
  Entry first(std::uint64_t bits) const { return entries_[bits & ((1u << kPrimaryBits) - 1)]; }
  Entry find(std::uint64_t bits) const {
    const Entry entry = first(bits);
    if (!(entry & kLinkFlag)) [[likely]]
      return entry;
    return entries_[value_of(entry) + ((bits >> kPrimaryBits) & ((1u << extra_bits(entry)) - 1))];
  }

 private:
  std::array<Entry, 2400> entries_{};
};

class DistanceTable {
 public:
  static constexpr unsigned kPrimaryBits = 9;
  void fill(std::span<const std::uint8_t> lengths) {
    fill_table(entries_, kPrimaryBits, lengths, distance_entry);
  }
  Entry find(std::uint64_t bits) const {
    const Entry entry = entries_[bits & ((1u << kPrimaryBits) - 1)];
    if (!(entry & kLinkFlag)) [[likely]]
      return entry;
    return entries_[value_of(entry) + ((bits >> kPrimaryBits) & ((1u << extra_bits(entry)) - 1))];
  }

 private:
  std::array<Entry, 640> entries_{};
};

}  // namespace stagecache::deflate
