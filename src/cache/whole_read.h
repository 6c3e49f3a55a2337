#pragma once
//
// A pass over all of a stored artifact, front to back, from whichever form it has.
// Blocks on the disk; leaves the block cache to clients.

#include <cstddef>
#include <optional>
#include <span>

#include "packed_readers.h"
#include "stagecache/base/hasher.h"
#include "stagecache/pack/packer.h"
#include "stagecache/store/store.h"

namespace stagecache::cache {

class WholeRead {
 public:
  /// Nullopt: it is not stored. Fails as open_packed does.
  static Result<std::optional<WholeRead>> open(store::Store& store, const Sha256& sha256);

  /// The next bytes; none at the end. They stay until the next call.
  Result<std::span<const std::byte>> next();

 private:
  explicit WholeRead(store::Content raw) : raw_(std::move(raw)) {}
  explicit WholeRead(PackedSource packed) : packed_(std::move(packed)) {}

  std::optional<store::Content> raw_;
  std::optional<PackedSource> packed_;
  std::uint64_t offset_ = 0;
  std::size_t segment_ = 0;
  store::Slice slice_;
  std::vector<std::byte> rebuilt_;
};

/// Rebuilds all of a packed form, gives it to `sink` (null: nobody), and compares the
/// SHA-256. Fails with Corrupt when that is wrong or a segment is; and with what the
/// checkpoint (once a segment) or the sink fail with.
Status rebuild_whole(const pack::Reader& reader, const pack::Checkpoint& checkpoint,
                     const pack::Sink& sink);

/// Reads all of a raw form, gives it to `sink` (null: nobody), and compares the SHA-256 with
/// `wanted`. Fails as rebuild_whole does.
Status read_whole(const pack::Bytes& raw, const Sha256& wanted, const pack::Sink& sink);

}  // namespace stagecache::cache
