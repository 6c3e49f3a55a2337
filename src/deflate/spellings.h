#pragma once
//
// How each token of a block is written: its code and extra bits as one word, ready to be
// put behind others. Private to the module.
//
// A spelling: bits 0-7 how many bits; 8-30 the bits, the lowest first; bit 31 is set where
// the block has no code for it, so that a whole run can be checked at once.

#include <array>
#include <cstddef>
#include <cstdint>

#include "codes.h"

namespace stagecache::deflate {

using Spelling = std::uint32_t;
inline constexpr Spelling kNoCode = 1u << 31;

inline unsigned count_of(Spelling spelling) {
  return spelling & 0xff;
}

class Spellings {
 public:
  Spellings();
  void set(const CodeLengths& lengths);

  Spelling literal(std::byte value) const { return literals_[static_cast<std::size_t>(value)]; }
  /// The most bits that a literal of this block takes.
  unsigned longest_literal() const { return longest_literal_; }
  Spelling end_of_block() const { return literals_[kEndOfBlock]; }
  /// Of a match's length less 3.
  Spelling length(std::byte value) const { return lengths_[static_cast<std::size_t>(value)]; }
  /// 258 as code 284 and 31.
  Spelling long_258() const { return long_258_; }
  /// Of a distance less 1. REQUIRES: < 32768.
  struct Distance {
    Spelling code;       ///< Counts the extra bits, too.
    std::uint16_t base;  ///< The least distance of its range.
    std::uint8_t code_bits;
  };
  const Distance& distance(unsigned value) const {
    return distances_[value < 256 ? near_[value] : far_[value >> 7]];
  }

 private:
  void set_literals(const std::array<Code, kLiteralSymbols>& codes);
  void set_lengths(const std::array<Code, kLiteralSymbols>& codes);

  std::array<Spelling, kEndOfBlock + 1> literals_{};
  unsigned longest_literal_ = 0;
  std::array<Spelling, 256> lengths_{};
  Spelling long_258_{};
  std::array<Distance, kDistanceCodes> distances_{};
  std::array<std::uint8_t, 256> near_{}, far_{};  // Symbol by distance, by its high bits.
};

}  // namespace stagecache::deflate
