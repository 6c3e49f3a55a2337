#include "stagecache/deflate/encoder.h"

#include <algorithm>
#include <string>

#include "bit_writer.h"
#include "codes.h"
#include "spellings.h"
#include "token_source.h"

namespace stagecache::deflate {
namespace {

/// What does not fit; null: nothing is wrong.
using Fault = const char*;
constexpr Fault kOverTheLimit = "more bytes than there may be";
constexpr Fault kNoLiteral = "a literal has no code";

/// Of a dynamic block: HLIT, HDIST, HCLEN, 19 lengths of 3 bits, and at most 7 bits of code
/// and 7 extra bits for each of 286 + 30 lengths. No block has a longer one.
constexpr std::uint32_t kMostHeaderBits = 14 + 19 * 3 + (286 + 30) * 14;

/// `Count` at a time, whose bits fit between two flushes; two are joined before they wait for
/// those before them. `seen` gets what any of the spellings has.
template <std::size_t Count>
BitCursor put_literals(std::span<const std::byte> values, const Spellings& spellings,
                       BitCursor bits, Spelling& seen) {
  Spelling all = 0;
  const auto put = [&](std::byte value) {
    const Spelling spelling = spellings.literal(value);
    all |= spelling;
    bits.put(spelling);
  };
  const std::byte* at = values.data();
  const std::byte* const end = at + values.size();
  for (; static_cast<std::size_t>(end - at) >= Count; at += Count) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i + 1 < Count; i += 2) {
      const Spelling x = spellings.literal(at[i]), y = spellings.literal(at[i + 1]);
      all |= x | y;
      bits.put((x >> 8) | std::uint64_t{y >> 8} << (x & 63), count_of(x) + count_of(y));
    }
    if constexpr (Count % 2 != 0) put(at[Count - 1]);
    bits.flush();
  }
  for (; at < end; ++at) put(*at);
  bits.flush();
  seen |= all;
  return bits;
}

class Encoder {
 public:
  Encoder(const TokensView& tokens, PartialByte before, BitWriter& writer)
      : tokens_(tokens), source_(tokens), writer_(writer), bits_(writer.begin(before)) {}

  /// Afterwards rest() is what is left over.
  Fault run();
  PartialByte rest() const { return bits_.rest(); }

 private:
  Fault block(const Block& block);
  Fault header(const Block& block);
  Fault read_codes(const Block& block);
  Fault stored(const Block& block);
  Fault coded(std::uint64_t count);
  Fault literals(std::span<const std::byte> values, BitCursor& bits);
  Fault few_literals(std::span<const std::byte> values, BitCursor& bits);
  Fault many_literals(std::span<const std::byte> values, BitCursor& bits);
  Fault match(const TokenSource::Match& match, BitCursor& bits);
  void put_header_bits(const Block& block);
  std::span<const std::byte> header_of(const Block& block) const {
    return tokens_.headers.subspan(block.header_offset, (block.header_bits + std::size_t{7}) / 8);
  }

  const TokensView& tokens_;
  TokenSource source_;
  BitWriter& writer_;
  BitCursor bits_;  // Flushed between functions.
  Spellings spellings_;
  bool fixed_spellings_ = false;
};

inline Fault Encoder::literals(std::span<const std::byte> values, BitCursor& bits) {
  return values.size() <= 3 ? few_literals(values, bits) : many_literals(values, bits);
}

inline Fault Encoder::few_literals(std::span<const std::byte> values, BitCursor& bits) {
  Spelling seen = 0;
  for (const std::byte value : values) {
    const Spelling spelling = spellings_.literal(value);
    seen |= spelling;
    bits.put(spelling);
  }
  bits.flush();
  return seen & kNoCode ? kNoLiteral : nullptr;
}

Fault Encoder::many_literals(std::span<const std::byte> values, BitCursor& bits) {
  // 7 bits may be left over, and a literal takes at most 15.
  constexpr std::size_t kPart = BitWriter::kRoom / 2;
  const unsigned longest = spellings_.longest_literal();
  const auto put = longest <= 9    ? put_literals<6>
                   : longest <= 11 ? put_literals<5>
                   : longest <= 14 ? put_literals<4>
                                   : put_literals<3>;
  while (!values.empty()) {
    const auto part = values.first(std::min(values.size(), kPart));
    if (!writer_.make_room(bits)) return kOverTheLimit;
    Spelling seen = 0;
    bits = put(part, spellings_, bits, seen);
    if (seen & kNoCode) return kNoLiteral;
    values = values.subspan(part.size());
  }
  return nullptr;
}

inline Fault Encoder::match(const TokenSource::Match& match, BitCursor& bits) {
  const Spelling length = match.long_258 ? spellings_.long_258() : spellings_.length(match.length);
  if (match.distance >= 32768 || (match.long_258 && match.length != std::byte{255}))
    return "a match that there is not";
  const Spellings::Distance& to = spellings_.distance(match.distance);
  if ((length | to.code) & kNoCode) return "a match has no code";
  const std::uint64_t extra = match.distance - unsigned{to.base};
  bits.put(length);
  bits.put((to.code >> 8) | extra << to.code_bits, count_of(to.code));
  bits.flush();
  return nullptr;
}

Fault Encoder::coded(std::uint64_t count) {
  // In registers: what goes through a std::byte* could change any member.
  TokenSource source = source_;
  BitCursor bits = bits_;
  while (count > 0) {
    const std::uint64_t run = std::min(source.run_left(), count);
    // For a match and a few literals, too.
    if (!writer_.make_room(bits)) return kOverTheLimit;
    if (const Fault fault = literals(source.take_literals(run), bits)) return fault;
    count -= run;
    if (count == 0) break;
    if (!source.has_match()) return "a block has more tokens than there are";
    if (const Fault fault = match(source.take_match(), bits)) return fault;
    if (!source.next_run()) return "the runs do not fit";
    --count;
  }
  source_ = source;
  bits_ = bits;
  return nullptr;
}

Fault Encoder::stored(const Block& block) {
  if (block.header_bits < 32 || block.header_bits > 39) return "a stored block without a length";
  const std::uint64_t length = BitSource(header_of(block), block.header_bits - 32).take(16);
  const bool whole = block.begins && block.ends;
  if (block.tokens > length || (whole && block.tokens < length))
    return "a stored block of another length";
  if (bits_.rest().bits != 0) return "a stored block inside a byte";
  if (block.tokens > source_.run_left()) return "a match in a stored block";
  if (!writer_.put_bytes(bits_, source_.take_literals(block.tokens))) return kOverTheLimit;
  return nullptr;
}

void Encoder::put_header_bits(const Block& block) {
  bits_.put((block.final ? 1u : 0u) | static_cast<unsigned>(block.type) << 1, 3);
  bits_.flush();
  BitSource source(header_of(block), 0);
  for (unsigned left = block.header_bits; left > 0;) {
    const unsigned count = std::min(left, 48u);
    bits_.put(source.take(count), count);
    bits_.flush();
    left -= count;
  }
}

/// The codes also where the block began before: its rest needs them.
Fault Encoder::read_codes(const Block& block) {
  if (block.type == BlockType::Fixed) {
    if (!fixed_spellings_) spellings_.set(fixed_lengths());
    fixed_spellings_ = true;
    return nullptr;
  }
  BitSource source(header_of(block), 0);
  CodeLengths lengths;
  if (read_dynamic_header(source, lengths) != HeaderFault::None ||
      source.bit() != block.header_bits)
    return "a block's header is none";
  spellings_.set(lengths);
  fixed_spellings_ = false;
  return nullptr;
}

Fault Encoder::header(const Block& block) {
  const std::size_t bytes = (block.header_bits + std::size_t{7}) / 8;
  if (block.header_bits > kMostHeaderBits || block.header_offset > tokens_.headers.size() ||
      bytes > tokens_.headers.size() - block.header_offset)
    return "a block's header lies outside";
  if (!writer_.make_room(bits_)) return kOverTheLimit;
  if (block.begins) put_header_bits(block);
  return nullptr;
}

Fault Encoder::block(const Block& block) {
  if (const Fault fault = header(block)) return fault;
  if (block.type == BlockType::Stored) return stored(block);
  if (block.type > BlockType::Dynamic) return "a block of no type";
  if (const Fault fault = read_codes(block)) return fault;
  if (const Fault fault = coded(block.tokens)) return fault;
  if (!block.ends) return nullptr;
  if (!writer_.make_room(bits_)) return kOverTheLimit;
  bits_.put(spellings_.end_of_block());
  bits_.flush();
  return nullptr;
}

/// Only the first block may have begun before, only the last may go on.
Fault Encoder::run() {
  if (!source_.next_run()) return "the runs do not fit";
  for (const Block& each : tokens_.blocks) {
    const bool first = &each == &tokens_.blocks.front(), last = &each == &tokens_.blocks.back();
    if ((!first && !each.begins) || (!last && (!each.ends || each.final)))
      return "blocks that do not follow each other";
    if (const Fault fault = block(each)) return fault;
  }
  if (!source_.at_end()) return "more tokens than the blocks have";
  if (!writer_.drain(bits_)) return kOverTheLimit;
  return nullptr;
}

std::unexpected<Error> corrupt(Fault fault) {
  return fail(ErrorCode::Corrupt, std::string("deflate tokens: ") + fault);
}

}  // namespace

Result<PartialByte> encode(const TokensView& tokens, PartialByte before, std::uint64_t limit,
                           std::vector<std::byte>& out) {
  if (tokens.distances.size() / 2 != tokens.lengths.size() || tokens.distances.size() % 2 != 0)
    return corrupt("streams of different lengths");
  if (before.bits > 7 || before.value >> before.bits != 0)
    return corrupt("more bits before than a byte leaves over");
  const std::size_t begin = out.size();
  BitWriter writer(limit, out);
  Encoder encoder(tokens, before, writer);
  const Fault fault = encoder.run();
  if (!fault) return encoder.rest();
  out.resize(begin);
  return corrupt(fault);
}

}  // namespace stagecache::deflate
