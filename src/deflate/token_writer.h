#pragma once
//
// Collects tokens in a buffer that stays in the processor's cache, without a look at its
// room for each token, and appends them to a Tokens a few thousand at a time.
//
// A Cursor writes into the buffer; the decoder's fast loop keeps one in registers. Private to
// the module.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "stagecache/deflate/tokens.h"

namespace stagecache::deflate {

class TokenWriter {
  static constexpr std::size_t kLiterals = 16 << 10, kMatches = 4 << 10;
  /// What is written at most before `has_room` is asked again: three literals, or two and a match.
  static constexpr std::size_t kSlack = 16;
  static constexpr std::size_t kMostRunBytes = 10;

  struct Buffer {
    std::array<std::uint8_t, kLiterals + kSlack> literals;
    std::array<std::uint8_t, kMatches + kSlack> lengths;
    std::array<std::uint16_t, kMatches + kSlack> distances;
    std::array<std::uint8_t, kMostRunBytes*(kMatches + kSlack)> runs;
  };

 public:
  class Cursor {
   public:
    /// The lowest 8 bits.
    void literal(unsigned value) {
      buffer_->literals[static_cast<std::size_t>(literals_++)] = static_cast<std::uint8_t>(value);
    }
    /// `length` less 3, `distance` less 1.
    void match(unsigned length, unsigned distance) {
      run(static_cast<std::uint64_t>(literals_ - run_begin_));
      run_begin_ = literals_;
      buffer_->lengths[matches_] = static_cast<std::uint8_t>(length);
      buffer_->distances[matches_++] = static_cast<std::uint16_t>(distance);
    }

   private:
    friend TokenWriter;
    /// LEB128.
    void run(std::uint64_t length) {
      for (; length >= 0x80; length >>= 7) [[unlikely]]
        buffer_->runs[runs_++] = static_cast<std::uint8_t>(length | 0x80);
      buffer_->runs[runs_++] = static_cast<std::uint8_t>(length);
    }

    Buffer* buffer_ = nullptr;
    std::int64_t literals_ = 0;
    std::size_t matches_ = 0, runs_ = 0;
    /// Where the open run began; negative: so many of its literals were flushed.
    std::int64_t run_begin_ = 0;
  };

  /// Tokens go behind those in `out`, which is empty or as the last call left it.
  void begin(Tokens& out);

  Cursor cursor() const { return cursor_; }
  void set_cursor(const Cursor& cursor) { cursor_ = cursor; }
  bool has_room(const Cursor& cursor) const {
    return cursor.literals_ < static_cast<std::int64_t>(kLiterals) && cursor.matches_ < kMatches;
  }
  /// The last match is 258 long, written as code 284 and 31. REQUIRES: no cursor is out.
  void note_long_258();

  /// Bytes of a stored block.
  void stored(std::span<const std::byte> bytes);
  /// Appends everything to the Tokens and empties the buffer: to be called where there is no
  /// room, and before anybody looks at them. REQUIRES: no cursor is out.
  void flush();
  /// All tokens that were ever written. REQUIRES: no cursor is out.
  std::uint64_t count() const {
    return flushed_ + static_cast<std::uint64_t>(cursor_.literals_) + cursor_.matches_;
  }

 private:
  Tokens* out_ = nullptr;
  std::uint64_t flushed_ = 0;
  Cursor cursor_;
  Buffer buffer_;
};

}  // namespace stagecache::deflate
