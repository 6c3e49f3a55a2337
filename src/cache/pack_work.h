#pragma once
//
// One piece of the packer's work: a sketch, a packed form, a raw form. Blocks, on one
// thread. Nothing is named before it was rebuilt completely and its SHA-256 compared; what
// does not get there leaves nothing behind.
//
// All fail with Cancelled (the checkpoint says so), NotFound or Conflict (the artifact, or
// what it is to be packed to, is not what it was), NoSpace, DiskFull, and with Corrupt for
// damage, which is told to `on_damaged`.

#include <atomic>
#include <cstdint>
#include <vector>

#include "cache_context.h"
#include "stagecache/pack/packer.h"
#include "stagecache/pack/sketch.h"

namespace stagecache::cache {

/// How far a piece of work is; for people.
struct PackProgress {
  std::atomic<std::uint64_t> done = 0;  ///< Bytes of the artifact.
};

class PackWork {
 public:
  /// `checkpoint` may block, and ends the work with its error.
  PackWork(CacheContext& context, pack::Checkpoint checkpoint, PackProgress& progress);

  /// Fails with BadInput when it is no gzip file.
  Result<pack::Sketch> sketch(const Sha256& sha256);

  enum class Kept { Packed, TooLarge };
  struct Order {
    Sha256 artifact;
    std::optional<Sha256> base = {};  ///< A keyframe; none: make one.
    std::vector<Sha256> keep = {};    ///< Besides, not to be evicted for it.
    store::FormWriter::RawForm raw_form = store::FormWriter::RawForm::Drop;
  };
  /// TooLarge: it saves nothing, and nothing was changed. Fails with BadInput when it is no
  /// gzip file, Internal when what was packed is not what went in (a bug).
  Result<Kept> pack(const Order& order);

  /// Gives a packed artifact its raw form (back), where there is room that nobody uses.
  Status unpack(const Sha256& sha256);

 private:
  struct Raw {
    Artifact artifact;
    std::shared_ptr<const PackedBytes> bytes;
  };
  struct Keyframe {
    Artifact artifact;
    std::shared_ptr<const pack::Reader> reader;
  };
  static std::shared_ptr<const pack::Reader> reader_of(const std::optional<Keyframe>& base) {
    return base ? base->reader : nullptr;
  }
  Result<Raw> open_raw(const Sha256& sha256) const;
  Result<std::optional<Keyframe>> open_keyframe(const std::optional<Sha256>& sha256) const;
  Status verify(store::FormWriter& writer, const Sha256& sha256,
                const std::optional<Keyframe>& base);
  Error blame(Error error, const Raw& raw, const std::optional<Keyframe>& base) const;
  /// The checkpoint, which shows how far into `bytes` the work is.
  pack::Checkpoint watching(const PackedBytes& bytes) const;

  CacheContext& context_;
  const pack::Checkpoint checkpoint_;
  PackProgress& progress_;
};

}  // namespace stagecache::cache
