#pragma once
//
// Which forms of which artifacts to give up for room: first what costs the least. Pure
// policy: values in, values out.
//
//   1. raw forms of artifacts that also lie packed,
//   2. then artifacts, whatever their form; a keyframe that others need is passed over
//      until they have gone, and then goes at once.
//
// Each by least recent use. A pinned artifact keeps a form, and the keyframe that it
// needs stays; its raw form may go where it lies packed.

#include <cstdint>
#include <optional>
#include <vector>

#include "stagecache/base/clock.h"
#include "stagecache/model/sha256.h"
#include "stagecache/store/content.h"

namespace stagecache::store {

/// An artifact as it lies on the disk.
struct Candidate {
  /// What is in use is read by somebody: its bytes do not come back at once.
  struct Stored {
    std::uint64_t bytes = 0;
    bool in_use = false;
  };

  Sha256 sha256;
  std::optional<Stored> raw = {};
  std::optional<Stored> packed = {};
  std::optional<Sha256> base = {};  ///< Of the packed form; none: a keyframe.
  WallTime last_used{};
  std::uint64_t use_order = 0;  ///< Among uses of one second.
  bool pinned = false;
  bool kept = false;  ///< Being packed, or the base of it: nothing of it may go.
};

/// Bytes on the disk whose names are gone already.
struct Pending {
  std::uint64_t unread_bytes = 0;  ///< Deleted within milliseconds.
  std::uint64_t read_bytes = 0;    ///< Deleted once their readers end.
};

struct Victim {
  Sha256 sha256;
  Form form = Form::Raw;
  bool operator==(const Victim&) const = default;
};

/// What to give up for `wanted_bytes`, in the order above, what is in use last. Bytes that
/// come back by themselves count. Those that readers hold count only where what nobody
/// reads is not enough, so that one slow reader does not keep every fill out. Empty:
/// nothing but waiting is needed; nullopt: all of it would not be enough, so nothing is
/// given up.
std::optional<std::vector<Victim>> choose_victims(const std::vector<Candidate>& candidates,
                                                  std::uint64_t wanted_bytes, Pending pending = {});

/// What all that may go at all would give back.
std::uint64_t evictable_bytes(const std::vector<Candidate>& candidates);

}  // namespace stagecache::store
