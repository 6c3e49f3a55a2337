#include "stagecache/deflate/decoder.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "codes.h"
#include "decode_table.h"
#include "token_writer.h"

namespace stagecache::deflate {
namespace {

/// Steps between two looks at how much room the streams have.
constexpr std::size_t kStepsAtOnce = 4096;
/// What a step may look at: 8 bytes from the byte its first bit lies in.
constexpr std::uint64_t kLookBits = 64 + 8;

std::uint64_t load(const std::byte* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

std::uint64_t low_bits(std::uint64_t word, unsigned count) {
  return word & ((std::uint64_t{1} << count) - 1);
}

}  // namespace

std::size_t TokenWriter::open_run(const Tokens& out) {
  std::uint64_t closed = 0, run = 0;
  unsigned shift = 0;
  for (const std::byte byte : out.runs) {
    const auto part = static_cast<std::uint64_t>(byte);
    run |= (part & 0x7f) << shift;
    shift += 7;
    if (part & 0x80) continue;
    closed += std::exchange(run, 0);
    shift = 0;
  }
  return out.literals.size() - closed;
}

struct Decoder::State {
  enum class At { BlockStart, Stored, Codes, End, Invalid };

  Reached decode(std::span<const std::byte> input, Stretch stretch, Tokens& out);

 private:
  /// What one call works on.
  struct Call {
    std::span<const std::byte> input;
    std::uint64_t bit;
    std::uint64_t target;
    Tokens& out;
    TokenWriter writer;

    std::uint64_t input_bits() const { return input.size() * std::uint64_t{8}; }
  };
  enum class Step { Done, NeedsInput, Invalid };

  Step begin_block(Call& call);
  Step begin_stored(Call& call);
  Step begin_codes(Call& call);
  Step stored(Call& call);
  Step codes(Call& call);
  Step codes_fast(Call& call, std::uint64_t last_bit);
  Step one_token(Call& call);
  Step put_match(Call& call, Entry entry, std::uint64_t word, std::uint64_t& used);
  Step literals_and_match(Call& call, std::uint64_t& bit);
  void open_block(Call& call, bool begins);
  void keep_header(const Call& call, std::uint64_t end);
  void end_block(Call& call);
  std::uint64_t text(const Call& call) const;

  At at_ = At::BlockStart;
  Block block_;                    // The one we are in, as the stretch's first part has it.
  std::vector<std::byte> header_;  // Its header bits.
  std::uint64_t stored_left_ = 0;
  LiteralTable literals_;
  DistanceTable distances_;
  std::uint64_t text_before_ = 0;    // Bytes of text before this call.
  std::uint64_t tokens_before_ = 0;  // Of the call, when the block's part was opened.
  std::size_t literals_before_ = 0;
};

/// Bytes of text so far: how far back a distance may go.
std::uint64_t Decoder::State::text(const Call& call) const {
  return text_before_ + (call.writer.literal_count() - literals_before_) +
         call.writer.matched_text();
}

/// The block's part in this stretch. Its header goes with it in any case.
void Decoder::State::open_block(Call& call, bool begins) {
  tokens_before_ = call.writer.tokens();
  if (!begins && !call.out.blocks.empty() && !call.out.blocks.back().ends) {
    tokens_before_ -= call.out.blocks.back().tokens;
    return;
  }
  block_.begins = begins;
  block_.ends = false;
  block_.tokens = 0;
  block_.header_offset = call.out.headers.size();
  call.out.headers.insert(call.out.headers.end(), header_.begin(), header_.end());
  call.out.blocks.push_back(block_);
}

/// Takes the bits from three behind the block's first to `end` as its header.
void Decoder::State::keep_header(const Call& call, std::uint64_t end) {
  BitSource source(call.input, call.bit + 3);
  block_.header_bits = static_cast<std::uint32_t>(end - source.bit());
  header_.clear();
  for (unsigned left = block_.header_bits; left > 0; left -= std::min(left, 8u))
    header_.push_back(static_cast<std::byte>(source.take(std::min(left, 8u))));
}

Decoder::State::Step Decoder::State::begin_block(Call& call) {
  BitSource source(call.input, call.bit);
  block_.final = source.take(1) != 0;
  const auto type = source.take(2);
  if (source.past_end()) return Step::NeedsInput;
  if (type == 3) return Step::Invalid;
  block_.type = static_cast<BlockType>(type);
  return block_.type == BlockType::Stored ? begin_stored(call) : begin_codes(call);
}

Decoder::State::Step Decoder::State::begin_stored(Call& call) {
  const std::uint64_t aligned = (call.bit + 3 + 7) / 8 * 8;
  BitSource source(call.input, aligned);
  const std::uint64_t length = source.take(16), complement = source.take(16);
  if (source.past_end()) return Step::NeedsInput;
  if ((length ^ complement) != 0xffff) return Step::Invalid;
  keep_header(call, source.bit());
  stored_left_ = length;
  at_ = At::Stored;
  open_block(call, true);
  call.bit = source.bit();
  if (stored_left_ == 0) end_block(call);
  return Step::Done;
}

Decoder::State::Step Decoder::State::begin_codes(Call& call) {
  BitSource source(call.input, call.bit + 3);
  CodeLengths dynamic;
  if (block_.type == BlockType::Dynamic) {
    const HeaderFault fault = read_dynamic_header(source, dynamic);
    if (fault == HeaderFault::Incomplete) return Step::NeedsInput;
    if (fault == HeaderFault::Invalid) return Step::Invalid;
  }
  const CodeLengths& lengths = block_.type == BlockType::Dynamic ? dynamic : fixed_lengths();
  literals_.fill(lengths.literal);
  distances_.fill(lengths.distance);
  keep_header(call, source.bit());
  at_ = At::Codes;
  open_block(call, true);
  call.bit = source.bit();
  return Step::Done;
}

void Decoder::State::end_block(Call& call) {
  call.out.blocks.back().ends = true;
  call.out.blocks.back().tokens = call.writer.tokens() - tokens_before_;
  at_ = block_.final ? At::End : At::BlockStart;
}

Decoder::State::Step Decoder::State::stored(Call& call) {
  const std::uint64_t there = (call.input_bits() - call.bit) / 8;
  const std::uint64_t wanted = (call.target - call.bit + 7) / 8;
  const std::uint64_t count = std::min({stored_left_, there, wanted});
  call.writer.make_literal_room(count);
  call.writer.put_literals(call.input.data() + call.bit / 8, count);
  call.bit += 8 * count;
  stored_left_ -= count;
  if (stored_left_ == 0) {
    end_block(call);
    return Step::Done;
  }
  return count == wanted ? Step::Done : Step::NeedsInput;
}

/// The rest of a match whose length entry is `entry`, with `word` the bits from its code
/// on. Adds the bits it takes to `used`; at most 48.
inline Decoder::State::Step Decoder::State::put_match(Call& call, Entry entry, std::uint64_t word,
                                                      std::uint64_t& used) {
  const unsigned length_bits = code_bits(entry) + extra_bits(entry);
  const auto length_extra = low_bits(word >> code_bits(entry), extra_bits(entry));
  word >>= length_bits;
  const Entry to = distances_.find(word);
  if (to & kInvalidFlag) return Step::Invalid;
  const unsigned distance_bits = code_bits(to) + extra_bits(to);
  const auto distance =
      value_of(to) + static_cast<unsigned>(low_bits(word >> code_bits(to), extra_bits(to)));
  if (distance >= text(call)) return Step::Invalid;
  const auto length = value_of(entry) + static_cast<unsigned>(length_extra);
  call.writer.put_match({.length = length, .distance = distance});
  if (length == 255 && extra_bits(entry) > 0) [[unlikely]]
    call.writer.note_long_258();
  used += length_bits + distance_bits;
  return Step::Done;
}

/// Up to two literals and then one of either, out of one load each.
inline Decoder::State::Step Decoder::State::literals_and_match(Call& call, std::uint64_t& bit) {
  const std::byte* const bytes = call.input.data();
  std::uint64_t word = load(bytes + bit / 8) >> (bit % 8);
  Entry entry = literals_.find(word);
  if (entry & kLiteralFlag) {
    call.writer.put_literal(value_of(entry));
    bit += code_bits(entry);
    word >>= code_bits(entry);
    entry = literals_.find(word);
    if (entry & kLiteralFlag) {
      call.writer.put_literal(value_of(entry));
      bit += code_bits(entry);
      word >>= code_bits(entry);
      entry = literals_.find(word);
      if (entry & kLiteralFlag) {
        call.writer.put_literal(value_of(entry));
        bit += code_bits(entry);
        return Step::Done;
      }
    }
    word = load(bytes + bit / 8) >> (bit % 8);
  }
  if (entry & kSpecialFlags) [[unlikely]] {
    if (entry & kInvalidFlag) return Step::Invalid;
    bit += code_bits(entry);
    call.bit = bit;
    end_block(call);
    return Step::Done;
  }
  return put_match(call, entry, word, bit);
}

/// While everything a step may look at and write is there, and no step can end behind the
/// target.
Decoder::State::Step Decoder::State::codes_fast(Call& call, std::uint64_t last_bit) {
  while (call.bit < last_bit && at_ == At::Codes) {
    call.writer.make_room(kStepsAtOnce);
    std::uint64_t bit = call.bit;
    for (std::size_t step = 0; step < kStepsAtOnce && bit < last_bit; ++step) {
      const Step done = literals_and_match(call, bit);
      if (done != Step::Done) {
        // Literals of this step were taken; what they were followed by was not.
        call.bit = bit;
        return done;
      }
      if (at_ != At::Codes) return Step::Done;
    }
    call.bit = bit;
  }
  return Step::Done;
}

/// One token near the input's end: what lies behind it reads as zeros and is not believed.
Decoder::State::Step Decoder::State::one_token(Call& call) {
  const BitSource source(call.input, call.bit);
  const std::uint64_t word = source.peek();
  const std::uint64_t left = call.input_bits() - call.bit;
  const Entry entry = literals_.find(word);
  constexpr std::uint64_t kMostTokenBits = 48;
  if (entry & kInvalidFlag) return left < kMaxCodeBits ? Step::NeedsInput : Step::Invalid;
  if (code_bits(entry) > left) return Step::NeedsInput;
  call.writer.make_room(1);
  if (entry & kLiteralFlag) {
    call.writer.put_literal(value_of(entry));
    call.bit += code_bits(entry);
    return Step::Done;
  }
  if (entry & kEndFlag) {
    call.bit += code_bits(entry);
    end_block(call);
    return Step::Done;
  }
  if (left < kMostTokenBits) {
    // Its bits may not all be there: find out how many it takes before it is put.
    const std::uint64_t behind = word >> (code_bits(entry) + extra_bits(entry));
    const Entry to = distances_.find(behind);
    const std::uint64_t taken =
        code_bits(entry) + extra_bits(entry) + code_bits(to) + extra_bits(to);
    if (taken > left || (to & kInvalidFlag && left < kMostTokenBits)) return Step::NeedsInput;
  }
  std::uint64_t used = 0;
  const Step done = put_match(call, entry, word, used);
  call.bit += used;
  return done;
}

Decoder::State::Step Decoder::State::codes(Call& call) {
  const std::uint64_t fast_end = std::min(call.input_bits(), call.target);
  // Three literals and a match end less than 93 bits behind where they begin.
  constexpr std::uint64_t kStepBits = 96 + kLookBits;
  if (fast_end > call.bit + kStepBits) {
    const Step done = codes_fast(call, fast_end - kStepBits);
    if (done != Step::Done || at_ != At::Codes) return done;
  }
  while (call.bit < call.target && at_ == At::Codes)
    if (const Step done = one_token(call); done != Step::Done) return done;
  return Step::Done;
}

Decoder::Reached Decoder::State::decode(std::span<const std::byte> input, Stretch stretch,
                                        Tokens& out) {
  Call call{input, stretch.from, stretch.target, out, TokenWriter(out)};
  literals_before_ = call.writer.literal_count();
  if ((at_ == At::Stored || at_ == At::Codes) && call.bit < call.target) open_block(call, false);
  Step step = Step::Done;
  while (step == Step::Done && call.bit < call.target && at_ != At::End && at_ != At::Invalid) {
    step = at_ == At::BlockStart ? begin_block(call)
           : at_ == At::Stored   ? stored(call)
                                 : codes(call);
  }
  text_before_ = text(call);
  if (!out.blocks.empty() && !out.blocks.back().ends)
    out.blocks.back().tokens = call.writer.tokens() - tokens_before_;
  if (step == Step::Invalid) at_ = At::Invalid;
  if (at_ == At::Invalid) return {call.bit, Stop::Invalid};
  if (at_ == At::End) return {call.bit, Stop::EndOfStream};
  return {call.bit, step == Step::NeedsInput ? Stop::NeedsInput : Stop::Target};
}

Decoder::Decoder() : state_(std::make_unique<State>()) {}
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;
Decoder::~Decoder() = default;

Decoder::Reached Decoder::decode(std::span<const std::byte> input, Stretch stretch, Tokens& out) {
  return state_->decode(input, stretch, out);
}

}  // namespace stagecache::deflate
