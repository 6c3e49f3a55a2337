#include "codes.h"

#include <algorithm>
#include <cstring>

namespace stagecache::deflate {
namespace {

constexpr std::array<SymbolRange, kLengthCodes> length_ranges() {
  std::array<SymbolRange, kLengthCodes> ranges{};
  unsigned base = 0;
  for (std::size_t i = 0; i + 1 < kLengthCodes; ++i) {
    const unsigned extra = i < 8 ? 0 : static_cast<unsigned>(i / 4 - 1);
    ranges[i] = {static_cast<std::uint16_t>(base), static_cast<std::uint8_t>(extra)};
    base += 1u << extra;
  }
  ranges[kLengthCodes - 1] = {255, 0};  // 258, which code 284 with 31 spells, too.
  return ranges;
}

constexpr std::array<SymbolRange, kDistanceCodes> distance_ranges() {
  std::array<SymbolRange, kDistanceCodes> ranges{};
  unsigned base = 0;
  for (std::size_t i = 0; i < kDistanceCodes; ++i) {
    const unsigned extra = i < 4 ? 0 : static_cast<unsigned>(i / 2 - 1);
    ranges[i] = {static_cast<std::uint16_t>(base), static_cast<std::uint8_t>(extra)};
    base += 1u << extra;
  }
  return ranges;
}

CodeLengths make_fixed() {
  CodeLengths lengths;
  for (std::size_t i = 0; i < kLiteralSymbols; ++i)
    lengths.literal[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
  lengths.distance.fill(5);
  return lengths;
}

constexpr std::array<std::uint8_t, 256> reversed_bytes() {
  std::array<std::uint8_t, 256> turned{};
  for (unsigned value = 0; value < 256; ++value)
    for (unsigned bit = 0; bit < 8; ++bit)
      turned[value] |= static_cast<std::uint8_t>(((value >> bit) & 1) << (7 - bit));
  return turned;
}

/// The lowest `length` bits in the opposite order. REQUIRES: 1 <= length <= 15.
std::uint16_t reversed(unsigned code, unsigned length) {
  static constexpr auto kReversed = reversed_bytes();
  const unsigned all = unsigned{kReversed[code & 0xff]} << 8 | kReversed[code >> 8];
  return static_cast<std::uint16_t>(all >> (16 - length));
}

/// How many codes of the longest length are missing; negative: too many.
struct Fullness {
  int missing = 0;
  unsigned longest = 0;
};
Fullness fullness(std::span<const std::uint8_t> lengths) {
  std::array<int, kMaxCodeBits + 1> count{};
  for (const std::uint8_t length : lengths) ++count[length];
  Fullness full{.missing = 1};
  for (unsigned length = 1; length <= kMaxCodeBits; ++length) {
    full.missing = 2 * full.missing - count[length];
    if (full.missing < 0) return full;
    if (count[length] > 0) full.longest = length;
  }
  return full;
}

/// As zlib's inflate_table: complete, or a single code of one bit, or none.
bool acceptable(std::span<const std::uint8_t> lengths) {
  const Fullness full = fullness(lengths);
  return full.missing == 0 || (full.missing > 0 && full.longest <= 1);
}

/// The code of code lengths: 19 symbols of at most 7 bits, complete. Symbol and length by
/// the next 7 bits.
constexpr unsigned kLengthCodeBits = 7;
using LengthTable = std::array<Code, 1 << kLengthCodeBits>;

bool make_length_table(std::span<const std::uint8_t, 19> lengths, LengthTable& table) {
  if (fullness(lengths).missing != 0) return false;
  std::array<Code, 19> codes{};
  canonical_codes(lengths, codes);
  for (std::size_t symbol = 0; symbol < codes.size(); ++symbol) {
    if (codes[symbol].length == 0) continue;
    for (std::size_t at = codes[symbol].bits; at < table.size(); at += 1u << codes[symbol].length)
      table[at] = {static_cast<std::uint16_t>(symbol), codes[symbol].length};
  }
  return true;
}

/// Runs of lengths are spelled by symbols 16 to 18.
bool read_lengths(BitSource& source, const LengthTable& table, std::span<std::uint8_t> lengths) {
  std::size_t filled = 0;
  while (filled < lengths.size() && !source.past_end()) {
    const Code symbol = table[source.peek() & (table.size() - 1)];
    source.take(symbol.length);
    if (symbol.bits < 16) {
      lengths[filled++] = static_cast<std::uint8_t>(symbol.bits);
      continue;
    }
    if (symbol.bits == 16 && filled == 0) return false;
    const std::uint8_t repeated = symbol.bits == 16 ? lengths[filled - 1] : std::uint8_t{0};
    const std::size_t count = symbol.bits == 16   ? 3 + source.take(2)
                              : symbol.bits == 17 ? 3 + source.take(3)
                                                  : 11 + source.take(7);
    if (count > lengths.size() - filled) return false;
    std::fill_n(lengths.begin() + static_cast<std::ptrdiff_t>(filled), count, repeated);
    filled += count;
  }
  return true;
}

}  // namespace

const std::array<SymbolRange, kLengthCodes> kLengthRanges = length_ranges();
const std::array<SymbolRange, kDistanceCodes> kDistanceRanges = distance_ranges();

const CodeLengths& fixed_lengths() {
  static const CodeLengths lengths = make_fixed();
  return lengths;
}

std::uint64_t BitSource::peek() const {
  const std::uint64_t at = bit_ / 8;
  std::uint64_t word = 0;
  if (at + sizeof word <= bytes_.size()) [[likely]]
    std::memcpy(&word, bytes_.data() + at, sizeof word);
  else if (at < bytes_.size()) std::memcpy(&word, bytes_.data() + at, bytes_.size() - at);
  return word >> (bit_ % 8);
}

std::uint64_t BitSource::take(unsigned count) {
  const std::uint64_t value = peek() & ((std::uint64_t{1} << count) - 1);
  bit_ += count;
  return value;
}

HeaderFault read_dynamic_header(BitSource& source, CodeLengths& lengths) {
  static constexpr std::array<std::uint8_t, 19> kOrder = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                          11, 4,  12, 3, 13, 2, 14, 1, 15};
  const std::size_t literals = 257 + source.take(5);
  const std::size_t distances = 1 + source.take(5);
  const std::size_t length_codes = 4 + source.take(4);
  std::array<std::uint8_t, 19> code_lengths{};
  for (std::size_t i = 0; i < length_codes; ++i)
    code_lengths[kOrder[i]] = static_cast<std::uint8_t>(source.take(3));
  // What was read behind the end is not what stands there: more input decides.
  if (source.past_end()) return HeaderFault::Incomplete;
  LengthTable table{};
  if (literals > 286 || distances > kDistanceCodes || !make_length_table(code_lengths, table))
    return HeaderFault::Invalid;

  std::array<std::uint8_t, 286 + kDistanceCodes> all{};
  const bool readable = read_lengths(source, table, std::span(all).first(literals + distances));
  if (source.past_end()) return HeaderFault::Incomplete;
  if (!readable) return HeaderFault::Invalid;
  lengths = {};
  std::copy_n(all.begin(), literals, lengths.literal.begin());
  std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(literals), distances,
              lengths.distance.begin());
  const bool fine = lengths.literal[kEndOfBlock] != 0 && acceptable(lengths.literal) &&
                    acceptable(lengths.distance);
  return fine ? HeaderFault::None : HeaderFault::Invalid;
}

void canonical_codes(std::span<const std::uint8_t> lengths, std::span<Code> codes) {
  std::array<unsigned, kMaxCodeBits + 1> count{}, next{};
  for (const std::uint8_t length : lengths) ++count[length];
  count[0] = 0;
  for (unsigned length = 1; length <= kMaxCodeBits; ++length)
    next[length] = (next[length - 1] + count[length - 1]) << 1;
  for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol) {
    const unsigned length = lengths[symbol];
    codes[symbol] = {length == 0 ? std::uint16_t{0} : reversed(next[length]++, length),
                     static_cast<std::uint8_t>(length)};
  }
}

}  // namespace stagecache::deflate
