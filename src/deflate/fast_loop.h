#pragma once
//
// The decoder's loop for the middle of a block, far enough from the input's end, from the
// target and from the stream's first byte that none of them has to be looked at: a step of
// several tokens costs two loads of bits. Private to the module.

#include <cstddef>
#include <cstdint>
#include <span>

#include "decode_table.h"
#include "token_writer.h"

namespace stagecache::deflate {

/// A distance can reach no further back: behind so much text each of them is valid.
inline constexpr std::uint64_t kWindowBytes = 32 << 10;

class FastLoop {
 public:
  /// How much input must lie behind the place where a step begins, and how far the target.
  static constexpr std::size_t kStepBytes = 32;

  FastLoop(const LiteralTable& literals, const DistanceTable& distances, TokenWriter& writer)
      : literals_(literals), distances_(distances), writer_(writer) {}

  enum class Ended {
    Nearby,   ///< The end of `input` is less than kStepBytes away.
    Block,    ///< The end of the block was read.
    Invalid,  ///< No code, or none that means something, stands at `bit`.
  };
  struct Reached {
    std::uint64_t bit;
    Ended ended;
  };
  /// Decodes from `bit` of `input`. REQUIRES: kWindowBytes of text lie before.
  Reached run(std::span<const std::byte> input, std::uint64_t bit);

 private:
  const LiteralTable& literals_;
  const DistanceTable& distances_;
  TokenWriter& writer_;
};

}  // namespace stagecache::deflate
