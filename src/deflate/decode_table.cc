#include "decode_table.h"

#include <algorithm>
#include <array>

#include "stagecache/base/check.h"

namespace stagecache::deflate {
namespace {

Entry literal_entry(std::size_t symbol, unsigned code_bits) {
  const auto value = static_cast<Entry>(symbol);
  if (symbol < 256) return kLiteralFlag | value << 8 | code_bits;
  if (symbol == kEndOfBlock) return kEndFlag | code_bits;
  if (symbol - 257 >= kLengthCodes) return kInvalidFlag | code_bits;
  const SymbolRange& range = kLengthRanges[symbol - 257];
  const Entry is_284 = symbol == 284 ? kCode284 : 0;
  return is_284 | code_bits << 16 | Entry{range.base} << 8 | (code_bits + range.extra_bits);
}

Entry distance_entry(std::size_t symbol, unsigned code_bits) {
  if (symbol >= kDistanceCodes) return kInvalidFlag | code_bits;
  const SymbolRange& range = kDistanceRanges[symbol];
  return code_bits << 24 | Entry{range.base} << 8 | (code_bits + range.extra_bits);
}

/// Every `step`-th entry from `first` on.
void fill_every(std::span<Entry> entries, std::size_t first, std::size_t step, Entry entry) {
  for (std::size_t at = first; at < entries.size(); at += step) entries[at] = entry;
}

/// Puts links where codes longer than a first look begin, each as wide as the longest of
/// them needs.
void put_links(std::span<Entry> entries, unsigned primary_bits, std::span<const Code> codes) {
  const std::size_t primary = std::size_t{1} << primary_bits;
  const auto link_of = [&](const Code& code) -> Entry& {
    return entries[code.bits & (primary - 1)];
  };
  for (const Code& code : codes)
    if (code.length > primary_bits) link_of(code) = kLinkFlag;
  for (const Code& code : codes) {
    if (code.length <= primary_bits) continue;
    Entry& link = link_of(code);
    const Entry wanted = Entry{code.length} - primary_bits;
    link = kLinkFlag | std::max(wanted, (link >> 24) & 15) << 24 | primary_bits;
  }
  std::size_t used = primary;
  for (const Code& code : codes) {
    if (code.length <= primary_bits || (link_of(code) >> 8) & 0xffff) continue;
    Entry& link = link_of(code);
    link |= static_cast<Entry>(used) << 8;
    used += std::size_t{1} << ((link >> 24) & 15);
    CHECK(used <= entries.size());
  }
}

void fill_table(std::span<Entry> entries, unsigned primary_bits,
                std::span<const std::uint8_t> lengths, Entry (*entry_of)(std::size_t, unsigned)) {
  std::array<Code, kLiteralSymbols> all{};
  const auto codes = std::span(all).first(lengths.size());
  canonical_codes(lengths, codes);
  const std::size_t primary = std::size_t{1} << primary_bits;
  // Complete codes fill every entry; of others there are none longer than one bit.
  const unsigned longest = *std::ranges::max_element(lengths);
  if (longest <= 1) std::ranges::fill(entries.first(primary), kInvalidFlag | 1);
  if (longest > primary_bits) put_links(entries, primary_bits, codes);
  for (std::size_t symbol = 0; symbol < codes.size(); ++symbol) {
    const Code& code = codes[symbol];
    if (code.length == 0) continue;
    const Entry entry = entry_of(symbol, code.length);
    if (code.length <= primary_bits) {
      fill_every(entries.first(primary), code.bits, std::size_t{1} << code.length, entry);
      continue;
    }
    const Entry link = entries[code.bits & (primary - 1)];
    fill_every(entries.subspan((link >> 8) & 0xffff, std::size_t{1} << ((link >> 24) & 15)),
               code.bits >> primary_bits, std::size_t{1} << (code.length - primary_bits), entry);
  }
}

}  // namespace

void LiteralTable::fill(std::span<const std::uint8_t> lengths) {
  fill_table(entries_, kPrimaryBits, lengths, literal_entry);
}

void DistanceTable::fill(std::span<const std::uint8_t> lengths) {
  fill_table(entries_, kPrimaryBits, lengths, distance_entry);
}

}  // namespace stagecache::deflate
