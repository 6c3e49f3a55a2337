#pragma once
//
// The five streams of a keyframe, each as one long run of bytes over all its segments, of which any
// part can be had. What differences are coded against. Thread-safe.

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "packed_file.h"
#include "stagecache/base/mutex.h"
#include "stagecache/base/result.h"
#include "stream_cache.h"
#include "stream_codec.h"
#include "streams.h"

namespace stagecache::pack {

class BaseStreams {
 public:
  BaseStreams(std::shared_ptr<const PackedFile> file, std::size_t cache_bytes);

  std::uint64_t size_of(StreamKind stream) const { return begins_[index(stream)].back(); }
  std::uint32_t buckets_of(StreamKind stream) const;

  /// Appends those buckets, one behind the other; the base's last one may be shorter. Fails with
  /// Corrupt, also where the base has no such bucket, and what Bytes::read fails with.
  Status append(StreamKind stream, const std::vector<std::uint32_t>& buckets,
                ByteVector& out) const;

  /// The slice of one segment, not kept.
  Result<ByteVector> decode(const FrameId& id) const;

 private:
  struct Range {
    StreamKind stream;
    std::uint64_t begin;
    std::uint64_t end;
  };
  Status append(const Range& range, ByteVector& out) const;
  std::unique_ptr<StreamDecoder> take_decoder() const;

  std::shared_ptr<const PackedFile> file_;
  PerStream<std::vector<std::uint64_t>> begins_;  ///< Of each segment's slice; last: the size.
  mutable StreamCache cache_;
  mutable Mutex mutex_;
  mutable std::vector<std::unique_ptr<StreamDecoder>> decoders_ GUARDED_BY(mutex_);  ///< Idle.
};

}  // namespace stagecache::pack
