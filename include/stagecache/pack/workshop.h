#pragma once
//
// The memory that rebuilding takes, for all Readers that share it: the desks at which segments are
// rebuilt, and the newest decoded slices of all keyframes. It does not grow with the number of
// Readers, of which a slow client each keeps one for as long as it likes.
//
// INVARIANT: slice_bytes() and idle_desks() never pass the limits. A keyframe's slices go with its
// Reader, all else with the last Reader.
//
// Thread safety: all methods, from any thread.

#include <cstddef>
#include <memory>

namespace stagecache::pack {

class Desks;
class StreamCache;

class Workshop {
 public:
  struct Limits {
    /// Of decoded slices. Neighbouring segments need the same ones: this is enough for two that
    /// are rebuilt at once against one keyframe.
    std::size_t slice_bytes = 40u << 20;
    /// Kept for the next rebuild, at most kRebuildBytes each: as many as threads rebuild.
    std::size_t idle_desks = 4;
  };
  explicit Workshop(Limits limits);
  ~Workshop();

  std::size_t slice_bytes() const;
  std::size_t idle_desks() const;

  /// For this module.
  StreamCache& slices() { return *slices_; }
  Desks& desks() { return *desks_; }

 private:
  const std::unique_ptr<StreamCache> slices_;
  const std::unique_ptr<Desks> desks_;
};

}  // namespace stagecache::pack
