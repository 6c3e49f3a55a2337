#pragma once
//
// Chooses a segment's windows of the base and codes its frames. One thread.

#include <cstdint>
#include <memory>
#include <vector>

#include "base_anchors.h"
#include "layout.h"
#include "segment.h"
#include "stagecache/base/result.h"
#include "stagecache/pack/bytes.h"
#include "stagecache/pack/reader.h"
#include "stream_codec.h"

namespace stagecache::pack {

class SegmentCoder {
 public:
  /// `base`: null for a keyframe.
  explicit SegmentCoder(std::shared_ptr<const Reader> base) : base_(std::move(base)) {}

  /// Reads all of the base once for its anchors. Nothing to do for a keyframe.
  Status learn_base(const Checkpoint& checkpoint);

  /// Codes `draft` (its windows are filled in) and appends its frames to `out`; fills in the
  /// frames of `entry`. `place`: where the segment lies in its artifact, 0 to 1.
  Status code(SegmentDraft& draft, double place, SegmentEntry& entry, ByteVector& out);

 private:
  std::vector<std::uint32_t> windows_of(StreamKind stream, const ByteVector& slice,
                                        double place) const;
  Result<Frame> code_frame(const StreamEncoder::Order& order, ByteVector& out);

  std::shared_ptr<const Reader> base_;
  std::vector<BaseAnchors> anchors_;  ///< Of each stream; empty for a keyframe.
  StreamEncoder encoder_;
  ByteVector prefix_;
  ByteVector plan_;
};

}  // namespace stagecache::pack
