#pragma once
//
// Decoder reads a deflate stream (RFC 1951) into tokens, a stretch at a time. It takes every
// stream that zlib's inflate takes, and says where one stops being deflate.
//
// It never makes the text, so it needs no window: a stretch costs the memory of its tokens.
// One thread at a time. It keeps the state between calls: the block, its codes, how much
// text there was.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "stagecache/deflate/tokens.h"

namespace stagecache::deflate {

/// With so many bytes behind the target, or the stream's end, `decode` never needs more.
inline constexpr std::size_t kSlackBytes = 1024;

class Decoder {
 public:
  Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;
  ~Decoder();

  enum class Stop {
    Target,       ///< A token ended at or behind the target.
    NeedsInput,   ///< The input ends inside a token or a block's header.
    EndOfStream,  ///< The final block has ended.
    Invalid,      ///< What follows is not deflate. Everything before it was decoded.
  };
  struct Reached {
    std::uint64_t bit = 0;  ///< Behind the last whole token, header or end of a block.
    Stop stop = Stop::Target;
  };

  /// Which bits of `input` to decode; bit 0 is the lowest of the first byte.
  struct Stretch {
    std::uint64_t from = 0;
    std::uint64_t target = 0;
  };

  /// Decodes from bit `from` on, where the last call stopped, until a token ends at or behind
  /// `target`, and appends to `out`. Inside a block `out.blocks` gets one that does not begin.
  /// A distance to before the stream's first byte is Invalid. After EndOfStream or Invalid it
  /// stays there.
  ///
  /// `input` may be another window of the stream each time, moved by whole bytes. REQUIRES:
  /// `out` is empty, or as the last call left it. A byte of input makes at most 26 of tokens
  /// (empty blocks), usually about one.
  Reached decode(std::span<const std::byte> input, Stretch stretch, Tokens& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stagecache::deflate
