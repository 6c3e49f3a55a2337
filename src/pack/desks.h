#pragma once
//
// What rebuilds work with, used again by the next: buffers that are warm, and zstd's context.
//
// INVARIANT: no more than `limit` are idle, and none of them is larger than kRebuildBytes.
// Thread safety: Desks from any thread, a Desk by who took it.

#include <cstddef>
#include <memory>
#include <vector>

#include "segment_plan.h"
#include "stagecache/base/mutex.h"
#include "stream_codec.h"
#include "streams.h"

namespace stagecache::pack {

struct Desk {
  StreamDecoder decoder;
  ByteVector stored;
  ByteVector prefix;
  SegmentPlan plan;
  PerStream<ByteVector> streams;
  PerStream<ByteSpan> views;

  std::size_t bytes() const;  ///< Of the buffers.
};

class Desks {
 public:
  explicit Desks(std::size_t limit) : limit_(limit) {}

  struct GiveBack {
    Desks* desks;
    void operator()(Desk* desk) const;
  };
  /// Goes back by itself.
  using Taken = std::unique_ptr<Desk, GiveBack>;
  Taken take() EXCLUDES(mutex_);

  std::size_t idle() const EXCLUDES(mutex_);

 private:
  void give_back(std::unique_ptr<Desk> desk) EXCLUDES(mutex_);

  const std::size_t limit_;
  mutable Mutex mutex_;
  std::vector<std::unique_ptr<Desk>> idle_ GUARDED_BY(mutex_);
};

}  // namespace stagecache::pack
