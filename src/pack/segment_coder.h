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

/// Smaller artifacts are run times: their streams are text, and several times as long as the .tgz.
inline constexpr std::uint64_t kSmallArtifact = 64u << 20;

class SegmentCoder {
 public:
  struct Work {
    std::shared_ptr<const Reader> base;  ///< Null for a keyframe.
    std::uint64_t artifact_bytes;
  };
  explicit SegmentCoder(Work work) : work_(std::move(work)) {}

  /// Reads all of the base once for its anchors. Nothing to do for a keyframe.
  Status learn_base(const Checkpoint& checkpoint);

  /// Codes `draft` (its windows are filled in), which begins at byte `begin` of the artifact, and
  /// appends its frames to `out`; fills in the frames of `entry`.
  Status code(SegmentDraft& draft, std::uint64_t begin, SegmentEntry& entry, ByteVector& out);

 private:
  std::vector<std::uint32_t> windows_of(StreamKind stream, const ByteVector& slice,
                                        std::uint64_t begin) const;
  int level_of(StreamKind stream) const;
  Result<Frame> code_frame(const StreamEncoder::Order& order, ByteVector& out);

  Work work_;
  std::vector<BaseAnchors> anchors_;  ///< Of each stream; empty for a keyframe.
  StreamEncoder encoder_;
  StreamDecoder decoder_;  ///< Of the base.
  ByteVector prefix_;
  ByteVector plan_;
};

}  // namespace stagecache::pack
