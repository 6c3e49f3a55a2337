#include "stagecache/deflate/encoder.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "codes.h"

namespace stagecache::deflate {
namespace {

std::unexpected<Error> mismatch(const char* what) {
  return fail(ErrorCode::Corrupt, std::string("deflate tokens: ") + what);
}

/// Bits and how many; 0: the token has no code.
struct Spelling {
  std::uint32_t bits = 0;
  std::uint32_t count = 0;
};

/// How each token of a block is spelled: code and extra bits in one.
class Spellings {
 public:
  void set(const CodeLengths& lengths);

  Spelling literal(std::byte value) const { return literals_[static_cast<std::size_t>(value)]; }
  Spelling end_of_block() const { return literals_[kEndOfBlock]; }
  /// Of a match's length less 3.
  Spelling length(std::byte value) const { return lengths_[static_cast<std::size_t>(value)]; }
  /// 258 as code 284 and 31.
  Spelling long_258() const { return long_258_; }
  /// The code of a distance less 1, and where its range begins.
  struct Distance {
    Spelling code;
    SymbolRange range;
  };
  const Distance& distance(unsigned value) const {
    return distances_[value < 256 ? near_[value] : far_[value >> 7]];
  }

  Spellings();

 private:
  std::array<Spelling, kEndOfBlock + 1> literals_{};
  std::array<Spelling, 256> lengths_{};
  Spelling long_258_{};
  std::array<Distance, kDistanceCodes> distances_{};
  std::array<std::uint8_t, 256> near_{}, far_{};  // Symbol by distance, by its high bits.
};

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
  for (std::size_t symbol = 0; symbol <= kEndOfBlock; ++symbol)
    literals_[symbol] = {codes[symbol].bits, codes[symbol].length};
  for (std::size_t i = 0; i < kLengthCodes; ++i) {
    const Code& code = codes[257 + i];
    const SymbolRange& range = kLengthRanges[i];
    for (unsigned extra = 0; extra < 1u << range.extra_bits; ++extra) {
      const Spelling spelling{
          code.bits | extra << code.length,
          code.length == 0 ? 0u : std::uint32_t{code.length} + range.extra_bits};
      // Code 284 with 31 is the other spelling of 258.
      (range.extra_bits == 5 && range.base + extra == 255 ? long_258_
                                                          : lengths_[range.base + extra]) =
          spelling;
    }
  }
  std::array<Code, kDistanceSymbols> distances{};
  canonical_codes(lengths.distance, distances);
  for (std::size_t i = 0; i < kDistanceCodes; ++i)
    distances_[i] = {{distances[i].bits, distances[i].length}, kDistanceRanges[i]};
}

/// Writes bits into room that was made for all of them.
class BitWriter {
 public:
  BitWriter(std::byte* at, PartialByte before) : at_(at), word_(before.value), bits_(before.bits) {}

  /// REQUIRES: at most 57 bits since the last flush.
  void put(std::uint64_t bits, unsigned count) {
    word_ |= bits << bits_;
    bits_ += count;
  }
  void put(Spelling spelling) { put(spelling.bits, spelling.count); }
  /// Stores the whole bytes; up to 7 bits stay.
  void flush() {
    std::memcpy(at_, &word_, sizeof word_);
    at_ += bits_ / 8;
    word_ >>= bits_ & ~7u;
    bits_ &= 7;
  }
  /// REQUIRES: aligned().
  void put_bytes(std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  bool aligned() const { return bits_ == 0; }
  std::byte* end() const { return at_; }
  /// REQUIRES: flushed.
  PartialByte rest() const { return {static_cast<std::uint8_t>(word_), bits_}; }

 private:
  std::byte* at_;
  std::uint64_t word_;
  unsigned bits_;
};

/// Reads the streams in step with each other.
class TokenSource {
 public:
  explicit TokenSource(const TokensView& tokens) : tokens_(tokens) {}

  /// Finds out how many literals stand before the next match. False: the runs are broken.
  bool next_run();
  std::uint64_t run_left() const { return run_left_; }
  std::span<const std::byte> take_literals(std::uint64_t count) {
    run_left_ -= count;
    return tokens_.literals.subspan(std::exchange(literal_, literal_ + count), count);
  }
  bool has_match() const { return has_match_; }
  struct Match {
    std::byte length;
    unsigned distance;
    bool long_258;
  };
  Match take_match() {
    std::uint16_t distance = 0;
    std::memcpy(&distance, tokens_.distances.data() + 2 * match_, sizeof distance);
    const bool alias = long_258_ < tokens_.long_258.size() && tokens_.long_258[long_258_] == match_;
    if (alias) [[unlikely]]
      ++long_258_;
    return {tokens_.lengths[match_++], distance, alias};
  }
  bool at_end() const {
    return literal_ == tokens_.literals.size() && match_ == tokens_.lengths.size() &&
           run_ == tokens_.runs.size() && long_258_ == tokens_.long_258.size();
  }

 private:
  const TokensView& tokens_;
  std::size_t literal_ = 0, run_ = 0, match_ = 0, long_258_ = 0;
  std::uint64_t run_left_ = 0;
  bool has_match_ = false;  // Behind the run.
};

bool TokenSource::next_run() {
  const std::uint64_t left = tokens_.literals.size() - literal_;
  has_match_ = match_ < tokens_.lengths.size();
  run_left_ = left;
  if (!has_match_) return true;
  std::uint64_t run = 0;
  for (unsigned shift = 0;; shift += 7) {
    if (run_ == tokens_.runs.size() || shift > 56) return false;
    const auto part = static_cast<std::uint64_t>(tokens_.runs[run_++]);
    run |= (part & 0x7f) << shift;
    if (!(part & 0x80)) break;
  }
  run_left_ = run;
  return run <= left;
}

class Encoder {
 public:
  Encoder(const TokensView& tokens, BitWriter writer)
      : tokens_(tokens), source_(tokens), writer_(writer) {}

  Status run();
  const BitWriter& writer() const { return writer_; }

 private:
  Status block(const Block& block);
  Status header(const Block& block);
  Status read_codes(const Block& block);
  Status stored(std::uint64_t count);
  Status coded(std::uint64_t count);
  bool literals(std::span<const std::byte> values);
  bool match();
  void put_header_bits(std::span<const std::byte> header, unsigned count);

  const TokensView& tokens_;
  TokenSource source_;
  BitWriter writer_;
  Spellings spellings_;
};

/// Three at a time: a code has at most 15 bits, and 57 are free.
bool Encoder::literals(std::span<const std::byte> values) {
  std::uint32_t shortest = kMaxCodeBits;
  std::size_t i = 0;
  for (; i + 3 <= values.size(); i += 3) {
    const Spelling a = spellings_.literal(values[i]), b = spellings_.literal(values[i + 1]),
                   c = spellings_.literal(values[i + 2]);
    shortest = std::min({shortest, a.count, b.count, c.count});
    const std::uint64_t bits =
        a.bits | std::uint64_t{b.bits} << a.count | std::uint64_t{c.bits} << (a.count + b.count);
    writer_.put(bits, a.count + b.count + c.count);
    writer_.flush();
  }
  for (; i < values.size(); ++i) {
    const Spelling spelling = spellings_.literal(values[i]);
    shortest = std::min(shortest, spelling.count);
    writer_.put(spelling);
    writer_.flush();
  }
  return shortest > 0;
}

bool Encoder::match() {
  const TokenSource::Match match = source_.take_match();
  const Spelling length = match.long_258 ? spellings_.long_258() : spellings_.length(match.length);
  if (match.distance >= 32768) return false;
  const Spellings::Distance& distance = spellings_.distance(match.distance);
  if (length.count == 0 || distance.code.count == 0) return false;
  writer_.put(length);
  writer_.put(distance.code);
  writer_.put(match.distance - distance.range.base, distance.range.extra_bits);
  writer_.flush();
  return true;
}

Status Encoder::coded(std::uint64_t count) {
  while (count > 0) {
    const std::uint64_t run = std::min(source_.run_left(), count);
    if (!literals(source_.take_literals(run))) return mismatch("a literal has no code");
    count -= run;
    if (count == 0) break;
    if (!source_.has_match()) return mismatch("a block has more tokens than there are");
    if (!match()) return mismatch("a match has no code");
    if (!source_.next_run()) return mismatch("the runs end too early");
    --count;
  }
  return {};
}

Status Encoder::stored(std::uint64_t count) {
  if (!writer_.aligned()) return mismatch("a stored block at a broken byte");
  if (count > source_.run_left()) return mismatch("a match in a stored block");
  writer_.put_bytes(source_.take_literals(count));
  return {};
}

void Encoder::put_header_bits(std::span<const std::byte> header, unsigned count) {
  for (const std::byte byte : header) {
    const unsigned bits = std::min(count, 8u);
    writer_.put(static_cast<unsigned>(byte) & ((1u << bits) - 1), bits);
    writer_.flush();
    count -= bits;
  }
}

/// The codes also where the block began before: its rest needs them.
Status Encoder::read_codes(const Block& block) {
  if (block.type == BlockType::Fixed) {
    spellings_.set(fixed_lengths());
    return {};
  }
  const auto header =
      tokens_.headers.subspan(block.header_offset, (block.header_bits + std::size_t{7}) / 8);
  BitSource source(header, 0);
  CodeLengths lengths;
  if (read_dynamic_header(source, lengths) != HeaderFault::None ||
      source.bit() != block.header_bits)
    return mismatch("a block's header is none");
  spellings_.set(lengths);
  return {};
}

Status Encoder::header(const Block& block) {
  const std::size_t bytes = (block.header_bits + std::size_t{7}) / 8;
  if (block.header_offset > tokens_.headers.size() ||
      bytes > tokens_.headers.size() - block.header_offset)
    return mismatch("a block's header lies outside");
  if (!block.begins) return {};
  writer_.put((block.final ? 1u : 0u) | static_cast<unsigned>(block.type) << 1, 3);
  writer_.flush();
  put_header_bits(tokens_.headers.subspan(block.header_offset, bytes), block.header_bits);
  return {};
}

Status Encoder::block(const Block& block) {
  RETURN_IF_ERROR(header(block));
  if (block.type == BlockType::Stored) return stored(block.tokens);
  if (block.type > BlockType::Dynamic) return mismatch("a block of no type");
  RETURN_IF_ERROR(read_codes(block));
  RETURN_IF_ERROR(coded(block.tokens));
  if (!block.ends) return {};
  if (spellings_.end_of_block().count == 0) return mismatch("a block that cannot end");
  writer_.put(spellings_.end_of_block());
  writer_.flush();
  return {};
}

Status Encoder::run() {
  if (!source_.next_run()) return mismatch("the runs end too early");
  for (const Block& each : tokens_.blocks) RETURN_IF_ERROR(block(each));
  if (!source_.at_end()) return mismatch("more tokens than the blocks have");
  return {};
}

/// What can come at most, in bytes: 15 bits a literal, 48 a match.
std::uint64_t most_bytes(const TokensView& tokens) {
  std::uint64_t bits =
      8 + 15 * std::uint64_t{tokens.literals.size()} + 48 * std::uint64_t{tokens.lengths.size()};
  for (const Block& block : tokens.blocks) bits += 3 + block.header_bits + kMaxCodeBits;
  return bits / 8 + 1;
}

}  // namespace

Result<PartialByte> encode(const TokensView& tokens, PartialByte before, std::uint64_t limit,
                           std::vector<std::byte>& out) {
  if (tokens.distances.size() != 2 * tokens.lengths.size() || before.bits > 7 ||
      before.value >> before.bits != 0)
    return mismatch("streams of different lengths");
  const std::size_t begin = out.size();
  // A word is stored whole, however few of its bytes count.
  out.resize(begin + most_bytes(tokens) + sizeof(std::uint64_t));
  Encoder encoder(tokens, BitWriter(out.data() + begin, before));
  const auto written = encoder.run();
  const auto end = static_cast<std::size_t>(encoder.writer().end() - out.data());
  if (written && end - begin <= limit) {
    out.resize(end);
    return encoder.writer().rest();
  }
  out.resize(begin);
  return written ? mismatch("more bytes than there may be") : std::unexpected(written.error());
}

}  // namespace stagecache::deflate
