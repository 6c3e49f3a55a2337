#include "spellings.h"

#include <algorithm>

namespace stagecache::deflate {
namespace {

Spelling spelling(const Code& code, std::uint32_t extra, unsigned extra_bits) {
  if (code.length == 0) return kNoCode;
  return (code.bits | extra << code.length) << 8 | (code.length + extra_bits);
}

}  // namespace

Spellings::Spellings() {
  for (std::size_t symbol = 0; symbol < kDistanceCodes; ++symbol) {
    const unsigned begin = kDistanceRanges[symbol].base;
    const unsigned end = begin + (1u << kDistanceRanges[symbol].extra_bits);
    const auto small = static_cast<std::uint8_t>(symbol);
    for (unsigned value = begin; value < std::min(end, 256u); ++value) near_[value] = small;
    for (unsigned high = begin >> 7; begin >= 256 && high < end >> 7; ++high) far_[high] = small;
  }
}

void Spellings::set(const CodeLengths& lengths) {
  std::array<Code, kLiteralSymbols> codes{};
  canonical_codes(lengths.literal, codes);
  set_literals(codes);
  set_lengths(codes);
  std::array<Code, kDistanceSymbols> distances{};
  canonical_codes(lengths.distance, distances);
  for (std::size_t i = 0; i < kDistanceCodes; ++i)
    distances_[i] = {spelling(distances[i], 0, kDistanceRanges[i].extra_bits),
                     kDistanceRanges[i].base, distances[i].length};
}

void Spellings::set_literals(const std::array<Code, kLiteralSymbols>& codes) {
  longest_literal_ = 0;
  for (std::size_t symbol = 0; symbol < literals_.size(); ++symbol) {
    literals_[symbol] = spelling(codes[symbol], 0, 0);
    if (symbol != kEndOfBlock)
      longest_literal_ = std::max<unsigned>(longest_literal_, codes[symbol].length);
  }
}

void Spellings::set_lengths(const std::array<Code, kLiteralSymbols>& codes) {
  for (std::size_t i = 0; i < kLengthCodes; ++i) {
    const SymbolRange& range = kLengthRanges[i];
    for (unsigned extra = 0; extra < 1u << range.extra_bits; ++extra)
      lengths_[range.base + extra] = spelling(codes[257 + i], extra, range.extra_bits);
  }
  // The last length of code 284 is written over by code 285; it is the other spelling.
  constexpr std::size_t k284 = kLengthCodes - 2;
  long_258_ = spelling(codes[257 + k284], 31, kLengthRanges[k284].extra_bits);
}

}  // namespace stagecache::deflate
