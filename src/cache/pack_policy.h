#pragma once
//
// What the packer does next, and when it lets others go first. Pure.
//
// Two raw artifacts that are alike: the older becomes a keyframe, the newer a difference
// to it. Something that is like nothing else stays raw: packing it would save nothing.
// Differences refer to keyframes only (depth one). Where the only close relative is itself
// a difference to something less alike, that one gets its raw form back first, so that it
// can become a keyframe.

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "stagecache/model/sha256.h"
#include "stagecache/pack/sketch.h"

namespace stagecache::cache {

/// Below this pieces and records take what would be saved.
inline constexpr std::uint64_t kSmallestPacked = 256 << 10;
/// Shares of common anchors (pack::alike, whose error is 0.03). Strangers have 0.00.
inline constexpr double kRelated = 0.1;
/// A base that is closer by this much is worth a keyframe of its own.
inline constexpr double kMuchCloser = 0.2;
/// A difference that takes more of its artifact is not worth rebuilding it for: it stays raw.
inline constexpr double kLargestDifference = 0.40;
/// A keyframe is tokens instead of text, which takes 0.4 to 1.6 % more (measured).
inline constexpr double kLargestKeyframe = 1.05;

/// An artifact as the packer sees it.
struct Packable {
  enum class Lies { Raw, Keyframe, Difference };
  Sha256 sha256;
  std::uint64_t size = 0;
  Lies lies = Lies::Raw;
  /// Also raw, where it lies packed.
  bool raw_too = false;
  /// Nobody else has a pass over it to do any more (the archive look).
  bool settled = true;
  const pack::Sketch* sketch = nullptr;  ///< Null: not made yet.
  /// It cannot be packed, whatever to (it is not gzip, say).
  bool never = false;
  /// Bases with which it was tried in vain; itself: as a keyframe.
  std::set<Sha256> tried = {};
};

struct PackStep {
  enum class Kind {
    Sketch,      ///< Make the sketch of `artifact`.
    Keyframe,    ///< Pack `artifact` by itself, for `other`, which is to be a difference to it.
    Difference,  ///< Pack `artifact` as a difference to the keyframe `other`.
    Unpack,      ///< Give `artifact` its raw form in the place of its difference, for `other`.
  };
  Kind kind;
  Sha256 artifact;
  Sha256 other = {};

  bool operator==(const PackStep&) const = default;
};

/// `all` is ordered by age, the oldest first. Nullopt: nothing to do.
std::optional<PackStep> next_step(const std::vector<Packable>& all);

/// What the daemon was doing between two moments.
struct Load {
  std::uint64_t served_bytes = 0;  ///< Between them.
  std::uint64_t fills_running = 0;
  std::chrono::milliseconds interval{0};
};
/// Bytes a second that are served without anybody noticing a packer beside them.
inline constexpr std::uint64_t kBusyBytesPerSecond = 16 << 20;
/// Should the packer wait? A moment that is too short to tell says no.
bool is_busy(const Load& load);
/// However busy the daemon is, each MiB waits no longer than this: a release is packed
/// in a quarter of an hour beside a load that never ends, with 3 % of one core.
inline constexpr std::chrono::milliseconds kLongestPause{500};

/// So many whole hits in so short a time make a raw form worth its room.
inline constexpr std::size_t kOftenHits = 3;
inline constexpr std::chrono::minutes kOftenTime{10};

}  // namespace stagecache::cache
