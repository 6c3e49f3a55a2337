#pragma once
//
// The five streams of a keyframe, each as one long run of bytes over all its segments, of which any
// part can be had. What differences are coded against. What it decodes lies in a StreamCache that
// it shares with others, as long as it lives. Thread-safe, but for the decoders it is lent.

#include <cstdint>
#include <memory>
#include <vector>

#include "packed_file.h"
#include "stagecache/base/result.h"
#include "stream_cache.h"
#include "stream_codec.h"
#include "streams.h"

namespace stagecache::pack {

class BaseStreams {
 public:
  /// `cache` must outlive it.
  BaseStreams(std::shared_ptr<const PackedFile> file, StreamCache& cache);
  ~BaseStreams() { cache_.remove(keyframe_); }
  BaseStreams(const BaseStreams&) = delete;
  BaseStreams& operator=(const BaseStreams&) = delete;

  std::uint64_t size_of(StreamKind stream) const { return begins_[index(stream)].back(); }
  std::uint32_t buckets_of(StreamKind stream) const;

  /// Appends those buckets, one behind the other; the base's last one may be shorter. Fails with
  /// Corrupt, also where the base has no such bucket, and what Bytes::read fails with.
  Status append(StreamKind stream, const std::vector<std::uint32_t>& buckets,
                StreamDecoder& decoder, ByteVector& out) const;

  /// The slice of one segment, not kept.
  Result<ByteVector> decode(const FrameId& id, StreamDecoder& decoder) const;

 private:
  struct Range {
    StreamKind stream;
    std::uint64_t begin;
    std::uint64_t end;
  };
  Status append(const Range& range, StreamDecoder& decoder, ByteVector& out) const;

  std::shared_ptr<const PackedFile> file_;
  PerStream<std::vector<std::uint64_t>> begins_;  ///< Of each segment's slice; last: the size.
  StreamCache& cache_;
  const StreamCache::Keyframe keyframe_;
};

}  // namespace stagecache::pack
