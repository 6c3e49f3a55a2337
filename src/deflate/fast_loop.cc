#include "fast_loop.h"

#include <cstring>

namespace stagecache::deflate {
namespace {

/// The next bits of a stream in a register. As in libdeflate's decompressor: a refill is
/// without a branch, and leaves 56 bits or more.
class BitRegister {
 public:
  BitRegister(const std::byte* input, std::uint64_t bit)
      : next_(input + bit / 8 + 1),
        word_(static_cast<std::uint64_t>(input[bit / 8]) >> (bit % 8)),
        count_(8 - static_cast<unsigned>(bit % 8)) {}

  void refill() {
    std::uint64_t more = 0;
    std::memcpy(&more, next_, sizeof more);
    word_ |= more << count_;
    next_ += (63 - count_) / 8;
    count_ |= 56;
  }
  std::uint64_t word() const { return word_; }
  void take(Entry entry) {
    word_ >>= entry & 63;
    count_ -= bits_of(entry);
  }
  const std::byte* next() const { return next_; }
  unsigned count() const { return count_; }

 private:
  const std::byte* next_;
  std::uint64_t word_;  // Above `count_` bits: what stands there in the stream, or 0.
  unsigned count_;
};

}  // namespace

FastLoop::Reached FastLoop::run(std::span<const std::byte> input, std::uint64_t bit) {
  if (input.size() < kStepBytes || bit / 8 >= input.size() - kStepBytes)
    return {bit, Ended::Nearby};
  const std::byte* const end = input.data() + input.size() - kStepBytes;
  BitRegister bits(input.data(), bit);
  TokenWriter::Cursor to = writer_.cursor();
  Ended ended = Ended::Nearby;
  bits.refill();
  // Looked up before each refill, which only adds bits above.
  Entry entry = literals_.at(bits.word());
  const auto put_literal = [&] {
    to.literal(entry >> 8);
    bits.take(entry);
    entry = literals_.at(bits.word());
  };

  while (bits.next() < end) {
    if (!writer_.has_room(to)) [[unlikely]] {
      writer_.set_cursor(to);
      writer_.flush();
      to = writer_.cursor();
    }
    bits.refill();
    if (entry & kLiteralFlag) {  // Three looks take 30 bits at most: 34 are left for a fourth.
      put_literal();
      if (entry & kLiteralFlag) {
        put_literal();
        if (entry & kLiteralFlag) {
          put_literal();
          continue;
        }
      }
      bits.refill();
    }
    if (entry & kSpecialFlags) [[unlikely]] {
      if (entry & kLinkFlag) entry = literals_.follow(entry, bits.word());
      if (entry & kLiteralFlag) {
        put_literal();
        continue;
      }
      if (entry & kSpecialFlags) {
        ended = entry & kEndFlag ? Ended::Block : Ended::Invalid;
        if (ended == Ended::Block) bits.take(entry);
        break;
      }
    }
    const std::uint64_t word = bits.word(), behind = word >> (entry & 63);
    const Entry distance = distances_.find(behind);
    if (distance & kInvalidFlag) [[unlikely]] {
      ended = Ended::Invalid;
      break;
    }
    const unsigned length = length_of(entry, word);
    to.match(length, distance_of(distance, behind));
    if (length == 255 && entry & kCode284) [[unlikely]] {
      writer_.set_cursor(to);
      writer_.note_long_258();
    }
    bits.take(entry);
    bits.take(distance);
    entry = literals_.at(bits.word());
  }
  writer_.set_cursor(to);
  const auto bytes = static_cast<std::uint64_t>(bits.next() - input.data());
  return {8 * bytes - bits.count(), ended};
}

}  // namespace stagecache::deflate
