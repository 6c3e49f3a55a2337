#pragma once
//
// Reads a packed form: gives the artifact's bytes back, segment by segment, exactly as they were.
//
// It never gives a wrong byte: what lies on the disk and what was rebuilt from it are both checked
// against checksums, so a damaged file and a damaged or wrong base are Corrupt. (Who hands a whole
// artifact out compares its SHA-256 besides.)
//
// Thread-safe: segments are rebuilt in parallel. Memory: the index, about 200 bytes a segment, and
// kRebuildBytes for each rebuild() that runs. What is kept between two rebuilds is the Workshop's,
// which many Readers can share.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "stagecache/base/result.h"
#include "stagecache/model/byte_range.h"
#include "stagecache/model/sha256.h"
#include "stagecache/pack/bytes.h"

namespace stagecache::pack {

struct Header {
  Sha256 artifact;
  std::uint64_t size = 0;      ///< The artifact's, in bytes.
  std::optional<Sha256> base;  ///< The keyframe this is a difference to; none: a keyframe itself.
};

/// What `packed` says it is. Fails with Corrupt, TooNew, and what Bytes::read fails with.
Result<Header> read_header(const Bytes& packed);

/// Usual need of one rebuild(); twice that for what was made to be awkward.
inline constexpr std::size_t kRebuildBytes = 24u << 20;

class BaseStreams;
class PackedFile;
class Workshop;
struct Desk;

class Reader {
 public:
  /// `base`: the reader of the keyframe that read_header() names; null for a keyframe. `workshop`:
  /// null for the base's, without one for its own. Reads and checks header, index and footer. Fails
  /// with Corrupt (also for the wrong base), TooNew, and what Bytes::read fails with.
  static Result<std::shared_ptr<const Reader>> open(std::shared_ptr<const Bytes> packed,
                                                    std::shared_ptr<const Reader> base,
                                                    std::shared_ptr<Workshop> workshop = nullptr);
  ~Reader();

  const Header& header() const;
  std::size_t segments() const;
  /// Of the artifact; contiguous, in order, together all of it. REQUIRES: segment < segments().
  ByteRange range_of(std::size_t segment) const;
  /// REQUIRES: offset < header().size.
  std::size_t segment_at(std::uint64_t offset) const;
  /// The bytes of range_of(segment). REQUIRES: segment < segments(). Fails with Corrupt, and what
  /// Bytes::read fails with.
  Result<std::vector<std::byte>> rebuild(std::size_t segment) const;

  /// For this module and its tools.
  const PackedFile& file() const { return *file_; }
  /// REQUIRES: a keyframe.
  const BaseStreams& streams() const;

 private:
  Reader(std::shared_ptr<const PackedFile> file, std::shared_ptr<const Reader> base,
         std::shared_ptr<Workshop> workshop);
  Result<std::vector<std::byte>> rebuild_at(Desk& desk, std::size_t segment) const;
  Status decode_stream(Desk& desk, std::size_t segment, std::size_t stream) const;

  std::shared_ptr<const PackedFile> file_;
  std::shared_ptr<const Reader> base_;
  std::shared_ptr<Workshop> workshop_;
  std::unique_ptr<const BaseStreams> streams_;  ///< Of a keyframe; its slices lie in workshop_.
};

}  // namespace stagecache::pack
