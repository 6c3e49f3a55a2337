#pragma once
//
// The packed file: header, segments, index, footer (docs/format.md). All lengths and
// places stand in the index, which is read whole when a file is opened; a segment's bytes are six
// frames one behind the other: its plan, then its slice of each stream.
//
//     header   magic "SCPK", version, artifact (SHA-256), size, base or not, checksum
//     segments frames
//     index    an entry a segment
//     footer   place, length and checksum of the index, magic, checksum (fixed size, last)
//
// Pure: bytes to values and back. Whatever is read is bounded before it is believed.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "stagecache/base/result.h"
#include "stagecache/pack/reader.h"
#include "stream_codec.h"
#include "streams.h"

namespace stagecache::pack {

struct FileHeader {
  Header shown;
  /// The base's index, by its checksum: a keyframe that was cut another way has other streams.
  std::uint64_t base_index = 0;
};

/// How a plan or a slice is stored. `size` 0: not at all.
struct Frame {
  std::uint32_t size = 0;    ///< Decoded.
  std::uint32_t stored = 0;  ///< On the disk.
  Coding coding = Coding::Raw;
  std::uint64_t checksum = 0;  ///< Of what is stored.
};

struct SegmentEntry {
  std::uint64_t end = 0;     ///< Of its range of the artifact; it begins where the one before ends.
  std::uint64_t offset = 0;  ///< Where its frames begin in the packed file.
  std::uint64_t checksum = 0;  ///< Of its range of the artifact.
  Frame plan;
  PerStream<Frame> streams;

  std::uint64_t stored() const;
};

struct Footer {
  std::uint64_t index_offset = 0;
  std::uint64_t index_bytes = 0;
  std::uint64_t index_checksum = 0;
};

inline constexpr std::size_t kMaxHeaderBytes = 128;
inline constexpr std::size_t kFooterBytes = 40;
inline constexpr std::uint64_t kMaxIndexBytes = 64u << 20;

void to_bytes(const FileHeader& header, ByteVector& out);
/// `bytes`: the first kMaxHeaderBytes of the file, or all of it. Fails with Corrupt, TooNew.
struct HeaderRead {
  FileHeader header;
  std::size_t bytes = 0;  ///< Its length.
};
Result<HeaderRead> header_from(ByteSpan bytes);

void to_bytes(const std::vector<SegmentEntry>& index, ByteVector& out);
/// Where the segments lie, and what of.
struct IndexPlace {
  std::uint64_t first_offset;
  std::uint64_t end_offset;
  std::uint64_t artifact_size;
};
/// Fails with Corrupt unless the entries cover exactly the artifact and the file's segments.
Result<std::vector<SegmentEntry>> index_from(ByteSpan bytes, const IndexPlace& place);

void to_bytes(const Footer& footer, ByteVector& out);
/// REQUIRES: bytes.size() == kFooterBytes.
Result<Footer> footer_from(ByteSpan bytes);

}  // namespace stagecache::pack
