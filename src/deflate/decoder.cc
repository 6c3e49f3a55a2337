#include "stagecache/deflate/decoder.h"

#include <algorithm>

#include "codes.h"
#include "decode_table.h"
#include "fast_loop.h"
#include "token_writer.h"

namespace stagecache::deflate {

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

    std::uint64_t input_bits() const { return input.size() * std::uint64_t{8}; }
  };
  enum class Step { Done, NeedsInput, Invalid };

  Step begin_block(Call& call);
  Step begin_stored(Call& call);
  Step begin_codes(Call& call);
  Step stored(Call& call);
  Step codes(Call& call);
  Step codes_fast(Call& call);
  Step one_token(Call& call);
  void open_block(Call& call, bool begins);
  void keep_header(const Call& call, std::uint64_t end);
  void end_block(Call& call);

  At at_ = At::BlockStart;
  Block block_;                    // The one we are in, as the stretch's first part has it.
  std::vector<std::byte> header_;  // Its header bits.
  std::uint64_t stored_left_ = 0;
  LiteralTable literals_;
  DistanceTable distances_;
  bool fixed_tables_ = false;  // They are those of fixed blocks.
  TokenWriter writer_;
  std::uint64_t text_ = 0;        // Bytes so far, counted up to kWindowBytes.
  std::uint64_t part_begin_ = 0;  // The writer's count where the block's part began.
};

/// The block's part in this stretch. Its header goes with it in any case.
void Decoder::State::open_block(Call& call, bool begins) {
  part_begin_ = writer_.count();
  if (!begins && !call.out.blocks.empty() && !call.out.blocks.back().ends) {
    part_begin_ -= call.out.blocks.back().tokens;
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
  const bool fixed = block_.type == BlockType::Fixed;
  if (!fixed || !fixed_tables_) {
    const CodeLengths& lengths = fixed ? fixed_lengths() : dynamic;
    literals_.fill(lengths.literal);
    distances_.fill(lengths.distance);
    fixed_tables_ = fixed;
  }
  keep_header(call, source.bit());
  at_ = At::Codes;
  open_block(call, true);
  call.bit = source.bit();
  return Step::Done;
}

void Decoder::State::end_block(Call& call) {
  call.out.blocks.back().ends = true;
  call.out.blocks.back().tokens = writer_.count() - part_begin_;
  at_ = block_.final ? At::End : At::BlockStart;
}

Decoder::State::Step Decoder::State::stored(Call& call) {
  const std::uint64_t there = (call.input_bits() - call.bit) / 8;
  const std::uint64_t wanted = (call.target - call.bit - 1) / 8 + 1;
  const std::uint64_t count = std::min({stored_left_, there, wanted});
  writer_.stored(call.input.subspan(call.bit / 8, count));
  text_ = std::min(text_ + count, kWindowBytes);
  call.bit += 8 * count;
  stored_left_ -= count;
  if (stored_left_ == 0) {
    end_block(call);
    return Step::Done;
  }
  return count == wanted ? Step::Done : Step::NeedsInput;
}

/// Leaves the last tokens before the target or the input's end to one_token().
Decoder::State::Step Decoder::State::codes_fast(Call& call) {
  const auto enough = std::min<std::uint64_t>(call.input.size(), call.target / 8);
  FastLoop loop(literals_, distances_, writer_);
  const auto reached = loop.run(call.input.first(enough), call.bit);
  call.bit = reached.bit;
  if (reached.ended == FastLoop::Ended::Block) end_block(call);
  return reached.ended == FastLoop::Ended::Invalid ? Step::Invalid : Step::Done;
}

/// What lies behind the input's end reads as zeros, so it is asked first whether the bits
/// that an entry takes are there.
Decoder::State::Step Decoder::State::one_token(Call& call) {
  std::uint64_t word = BitSource(call.input, call.bit).peek();
  const std::uint64_t left = call.input_bits() - call.bit;
  const Entry entry = literals_.find(word);
  if (bits_of(entry) > left) return Step::NeedsInput;
  if (entry & kInvalidFlag) return Step::Invalid;
  if (entry & kEndFlag) {
    call.bit += bits_of(entry);
    end_block(call);
    return Step::Done;
  }
  if (!writer_.has_room(writer_.cursor())) writer_.flush();
  auto to = writer_.cursor();
  if (entry & kLiteralFlag) {
    to.literal(entry >> 8);
    writer_.set_cursor(to);
    text_ = std::min(text_ + 1, kWindowBytes);
    call.bit += bits_of(entry);
    return Step::Done;
  }
  const unsigned length = length_of(entry, word);
  word >>= bits_of(entry);
  const Entry far = distances_.find(word);
  if (bits_of(entry) + bits_of(far) > left) return Step::NeedsInput;
  if (far & kInvalidFlag || distance_of(far, word) >= text_) return Step::Invalid;
  to.match(length, distance_of(far, word));
  writer_.set_cursor(to);
  if (length == 255 && entry & kCode284) writer_.note_long_258();
  text_ = std::min(text_ + length + 3, kWindowBytes);
  call.bit += bits_of(entry) + bits_of(far);
  return Step::Done;
}

/// One by one until there is a window of text, and where the fast loop leaves off.
Decoder::State::Step Decoder::State::codes(Call& call) {
  Step step = Step::Done;
  const bool window = text_ == kWindowBytes;
  if (window) step = codes_fast(call);
  while (step == Step::Done && call.bit < call.target && at_ == At::Codes &&
         (window || text_ < kWindowBytes))
    step = one_token(call);
  return step;
}

Decoder::Reached Decoder::State::decode(std::span<const std::byte> input, Stretch stretch,
                                        Tokens& out) {
  Call call{input, stretch.from, stretch.target, out};
  if (call.bit > call.input_bits()) return {call.bit, Stop::NeedsInput};
  writer_.begin(out);
  if ((at_ == At::Stored || at_ == At::Codes) && call.bit < call.target) open_block(call, false);
  Step step = Step::Done;
  while (step == Step::Done && call.bit < call.target && at_ != At::End && at_ != At::Invalid) {
    step = at_ == At::BlockStart ? begin_block(call)
           : at_ == At::Stored   ? stored(call)
                                 : codes(call);
  }
  writer_.flush();
  if (!out.blocks.empty() && !out.blocks.back().ends)
    out.blocks.back().tokens = writer_.count() - part_begin_;
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
