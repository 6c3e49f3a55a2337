#include "decode_table.h"

#include <algorithm>
#include <array>

#include "stagecache/base/check.h"

namespace stagecache::deflate {
namespace {

Entry entry(unsigned value, unsigned extra, Entry flags) {
  return value << 16 | extra << 4 | flags;
}

/// How many bits of second look the codes behind each first look need.
std::array<std::uint8_t, 1 << LiteralTable::kPrimaryBits> second_looks(std::span<const Code> codes,
                                                                       unsigned primary_bits) {
  std::array<std::uint8_t, 1 << LiteralTable::kPrimaryBits> bits{};
  for (const Code& code : codes) {
    if (code.length <= primary_bits) continue;
    std::uint8_t& wanted = bits[code.bits & ((1u << primary_bits) - 1)];
    wanted = std::max(wanted, static_cast<std::uint8_t>(code.length - primary_bits));
  }
  return bits;
}

}  // namespace

Entry literal_entry(std::size_t symbol) {
  if (symbol < 256) return entry(static_cast<unsigned>(symbol), 0, kLiteralFlag);
  if (symbol == kEndOfBlock) return entry(0, 0, kEndFlag);
  if (symbol - 257 >= kLengthCodes) return kInvalidFlag;
  const SymbolRange& range = kLengthRanges[symbol - 257];
  return entry(range.base, range.extra_bits, 0);
}

Entry distance_entry(std::size_t symbol) {
  if (symbol >= kDistanceCodes) return kInvalidFlag;
  return entry(kDistanceRanges[symbol].base, kDistanceRanges[symbol].extra_bits, 0);
}

void fill_table(std::span<Entry> table, unsigned primary_bits,
                std::span<const std::uint8_t> lengths, Entry (*entry_of)(std::size_t)) {
  std::array<Code, kLiteralSymbols> all{};
  const auto codes = std::span(all).first(lengths.size());
  canonical_codes(lengths, codes);
  const std::size_t primary = std::size_t{1} << primary_bits;
  std::fill_n(table.begin(), primary, kInvalidFlag | 1);

  const unsigned longest = lengths.empty() ? 0 : *std::ranges::max_element(lengths);
  std::size_t used = primary;
  if (longest > primary_bits) {
    const auto looks = second_looks(codes, primary_bits);
    for (std::size_t prefix = 0; prefix < primary; ++prefix) {
      if (looks[prefix] == 0) continue;
      table[prefix] = entry(static_cast<unsigned>(used), looks[prefix], kLinkFlag) | primary_bits;
      const std::size_t count = std::size_t{1} << looks[prefix];
      CHECK(used + count <= table.size());
      std::fill_n(table.begin() + static_cast<std::ptrdiff_t>(used), count, kInvalidFlag | 1);
      used += count;
    }
  }
  for (std::size_t symbol = 0; symbol < codes.size(); ++symbol) {
    const Code& code = codes[symbol];
    if (code.length == 0) continue;
    const Entry found = entry_of(symbol) | code.length;
    if (code.length <= primary_bits) {
      for (std::size_t at = code.bits; at < primary; at += std::size_t{1} << code.length)
        table[at] = found;
      continue;
    }
    const Entry link = table[code.bits & (primary - 1)];
    const std::size_t end = std::size_t{1} << extra_bits(link);
    for (std::size_t at = code.bits >> primary_bits; at < end;
         at += std::size_t{1} << (code.length - primary_bits))
      table[value_of(link) + at] = found;
  }
}

}  // namespace stagecache::deflate
