#pragma once
//
// A segment of an artifact, before it is coded and after it was decoded: its plan and its slices
// of the five streams. Pure; needs no base, no disk.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "gzip_members.h"
#include "segment_plan.h"
#include "stagecache/base/result.h"
#include "streams.h"

namespace stagecache::pack {

/// Collects the parts of one segment.
class SegmentDraft {
 public:
  void clear();
  /// Puts `part` behind those before it.
  void add(const Part& part);

  bool empty() const { return plan.pieces.empty(); }
  /// What the slices have so far, all together.
  std::uint64_t stream_bytes() const;

  SegmentPlan plan;
  PerStream<ByteVector> streams;
};

/// Writes the segment: exactly `size` bytes, appended to `out`. Fails with Corrupt when plan and
/// streams do not fit together, or give more or less.
Status rebuild_segment(const SegmentPlan& plan, const PerStream<ByteSpan>& streams,
                       std::uint64_t size, ByteVector& out);

}  // namespace stagecache::pack
