#pragma once
//
// A packed form as it lies: header and index, read and checked at opening, and its frames,
// read and checked one by one. Knows nothing of bases. Thread-safe.

#include <cstdint>
#include <memory>
#include <vector>

#include "layout.h"
#include "stagecache/base/result.h"
#include "stagecache/pack/bytes.h"

namespace stagecache::pack {

/// Which frame of a segment.
struct FrameId {
  std::size_t segment;
  StreamKind stream;
};

class PackedFile {
 public:
  static Result<std::shared_ptr<const PackedFile>> open(std::shared_ptr<const Bytes> packed);

  const FileHeader& header() const { return header_; }
  const std::vector<SegmentEntry>& index() const { return index_; }
  std::uint64_t index_checksum() const { return index_checksum_; }
  std::uint64_t begin_of(std::size_t segment) const {
    return segment == 0 ? 0 : index_[segment - 1].end;
  }

  /// All frames of a segment, one behind the other; each checked.
  Status read_segment(std::size_t segment, ByteVector& out) const;
  /// One slice, as it is stored; checked.
  Status read_frame(const FrameId& id, ByteVector& out) const;

 private:
  std::shared_ptr<const Bytes> packed_;
  FileHeader header_;
  std::vector<SegmentEntry> index_;
  std::uint64_t index_checksum_ = 0;
};

}  // namespace stagecache::pack
