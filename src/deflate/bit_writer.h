#pragma once
//
// Writes bits, lowest first, into a buffer that stays in the processor's cache, and the
// buffer behind a vector, never more than a limit. Private to the module.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "spellings.h"
#include "stagecache/deflate/encoder.h"

namespace stagecache::deflate {

/// Where the next bits go. Cheap to copy: whoever writes many keeps one in registers.
class BitCursor {
 public:
  BitCursor(std::byte* at, PartialByte before)
      : at_(at), word_(before.value), count_(before.bits) {}

  /// REQUIRES: at most 56 bits since the last flush.
  void put(std::uint64_t bits, unsigned count) {
    word_ |= bits << (count_ & 63);
    count_ += count;
  }
  void put(Spelling spelling) { put(spelling >> 8, count_of(spelling)); }
  /// Stores the whole bytes; up to 7 bits stay. REQUIRES: room for 8 bytes.
  void flush() {
    std::memcpy(at_, &word_, sizeof word_);
    at_ += count_ / 8;
    word_ >>= count_ & 56;
    count_ &= 7;
  }
  const std::byte* at() const { return at_; }
  /// REQUIRES: flushed.
  PartialByte rest() const { return {static_cast<std::uint8_t>(word_), count_}; }

 private:
  std::byte* at_;
  std::uint64_t word_;
  unsigned count_;
};

class BitWriter {
 public:
  /// How many bytes a cursor may write before room is made again.
  static constexpr std::size_t kRoom = 4096;

  BitWriter(std::uint64_t limit, std::vector<std::byte>& out) : left_(limit), out_(out) {}

  BitCursor begin(PartialByte before) { return {buffer_.data(), before}; }
  /// Makes room for kRoom more bytes. False: the limit is passed. REQUIRES: flushed.
  [[nodiscard]] bool make_room(BitCursor& bits) {
    return bits.at() <= buffer_.data() + kBuffer || drain(bits);
  }
  /// REQUIRES: flushed, and no bits left over. False: the limit is passed.
  [[nodiscard]] bool put_bytes(BitCursor& bits, std::span<const std::byte> bytes) {
    return drain(bits) && append(bytes);
  }
  /// Afterwards everything lies in the vector, but for the bits that are left over.
  [[nodiscard]] bool drain(BitCursor& bits) {
    const bool fits = append({buffer_.data(), bits.at()});
    bits = begin(bits.rest());
    return fits;
  }

 private:
  static constexpr std::size_t kBuffer = 16 << 10;

  bool append(std::span<const std::byte> bytes) {
    if (bytes.size() > left_) return false;
    left_ -= bytes.size();
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return true;
  }

  std::uint64_t left_;
  std::vector<std::byte>& out_;
  std::array<std::byte, kBuffer + kRoom + sizeof(std::uint64_t)> buffer_;
};

}  // namespace stagecache::deflate
