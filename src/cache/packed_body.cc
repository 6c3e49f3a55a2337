#include "packed_body.h"

#include <fmt/format.h>

#include <algorithm>

#include "bodies.h"
#include "packed_readers.h"
#include "pending_call.h"
#include "segment_cache.h"
#include "stagecache/base/check.h"
#include "stagecache/base/hasher.h"
#include "stagecache/base/mutex.h"

namespace stagecache::cache {
namespace {

/// Segments (about 1 MiB) that are rebuilt before they are asked for, so that every core
/// has one to work on while the next is sent.
constexpr std::size_t kReadAhead = 4;

/// What the pool brings; shared with its work, which may outlive the body.
class Arrivals {
 public:
  struct Segment {
    std::size_t number = 0;
    Result<store::Slice> slice;
  };
  void put(Result<PackedSource> source) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    source_ = std::move(source);
  }
  void put(Segment segment) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    segment_ = std::move(segment);
  }
  std::optional<Result<PackedSource>> take_source() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return std::exchange(source_, std::nullopt);
  }
  std::optional<Segment> take_segment() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return std::exchange(segment_, std::nullopt);
  }

 private:
  Mutex mutex_;
  std::optional<Result<PackedSource>> source_ GUARDED_BY(mutex_);
  std::optional<Segment> segment_ GUARDED_BY(mutex_);
};

class PackedBody final : public Body {
 public:
  PackedBody(CacheContext& context, store::PackedContent packed, Meta meta)
      : context_(context),
        packed_(std::move(packed)),
        meta_(std::move(meta)),
        size_(packed_.content.artifact().size),
        range_{0, size_} {}

  const Meta& meta() const override { return meta_; }

  void limit(ByteRange range) override {
    CHECK(range.end <= size_);
    range_ = range;
    if (range.begin != 0 || range.end != size_) reads_ = Reads::Part;
  }

  Result<ReadStep> read(std::uint64_t offset) override {
    if (offset >= range_.end) return ReadStep(AtEnd());
    if (const auto arrived = take_arrivals(); !arrived) return failed(arrived.error());
    if (!source_) return ReadStep(NotYet());
    if (reads_ == Reads::Whole && offset > hashed_) reads_ = Reads::Part;
    if (reads_ == Reads::Whole && offset >= held_from()) {
      const auto verified = verify();
      if (!verified) return failed(verified.error());
      if (!*verified) return ReadStep(NotYet());
    }
    const std::size_t segment = source_->reader->segment_at(offset);
    auto slice = segment_of(segment);
    if (!slice) return failed(slice.error());
    if (!*slice) return ReadStep(NotYet());
    read_ahead(segment);
    return give((*slice)->after(offset - source_->reader->range_of(segment).begin), offset);
  }

  void when_ready(std::uint64_t offset, std::move_only_function<void()> callback) override {
    auto call = pending_.bind(std::move(callback));
    if (!source_) return open(std::move(call));
    const bool verifies = reads_ == Reads::Whole && offset >= held_from();
    const std::size_t segment = source_->reader->segment_at(verifies ? hashed_ : offset);
    context_.segments.get(
        *source_, segment,
        [arrivals = arrivals_, segment, call = std::move(call)](auto slice) mutable {
          arrivals->put({segment, std::move(slice)});
          call();
        });
  }

 private:
  enum class Reads {
    Whole,     ///< All of it, in order: it is hashed.
    Verified,  ///< All of it, and the SHA-256 was right.
    Part,      ///< A range: the segments' checksums are all there is.
  };

  std::uint64_t held_from() const { return size_ - std::min(size_, kHeldBackBytes); }

  void open(std::move_only_function<void()> call) {
    // Shared, so that it is still ours to call when the pool refuses the work.
    auto when_open = std::make_shared<std::move_only_function<void()>>(std::move(call));
    const bool posted = context_.unpackers.try_post(
        [&readers = context_.packed_readers, packed = packed_, arrivals = arrivals_, when_open] {
          arrivals->put(readers.open(packed));
          (*when_open)();
        });
    if (posted) return;
    arrivals_->put(Result<PackedSource>(fail(ErrorCode::Busy, "too many segments wait")));
    (*when_open)();
  }

  Status take_arrivals() {
    if (auto source = arrivals_->take_source()) {
      if (!*source) return error_of(*std::move(source));
      source_ = **std::move(source);
    }
    if (auto segment = arrivals_->take_segment()) found_ = std::move(segment);
    return {};
  }

  /// What the pool brought, once; else what is in memory.
  Result<std::optional<store::Slice>> segment_of(std::size_t number) {
    if (auto found = std::exchange(found_, std::nullopt); found && found->number == number) {
      if (!found->slice) return error_of(std::move(found->slice));
      return *std::move(found->slice);
    }
    return context_.segments.find(source_->content, number);
  }

  /// Hashes what is still missing; false: a segment has to be rebuilt first.
  Result<bool> verify() {
    while (hashed_ < size_) {
      const std::size_t number = source_->reader->segment_at(hashed_);
      const auto slice = segment_of(number);
      if (!slice) return std::unexpected(slice.error());
      if (!*slice) return false;
      const ByteRange range = source_->reader->range_of(number);
      hash((*slice)->after(hashed_ - range.begin), hashed_);
    }
    const Sha256 found = Sha256::from(hasher_.digest());
    const Sha256& wanted = packed_.content.artifact().sha256;
    if (found != wanted)
      return fail(ErrorCode::Corrupt, fmt::format("the sha256 of the rebuilt bytes is {}, not {}",
                                                  found.hex(), wanted.hex()));
    reads_ = Reads::Verified;
    context_.on_whole_hit(wanted);
    return true;
  }

  /// What was read before is not hashed again.
  void hash(const store::Slice& slice, std::uint64_t offset) {
    const std::uint64_t end = offset + slice.size();
    if (end <= hashed_) return;
    hasher_.update(slice.bytes().subspan(hashed_ - offset));
    hashed_ = end;
  }

  void read_ahead(std::size_t segment) {
    if (ahead_of_ == segment) return;
    ahead_of_ = segment;
    const std::size_t end =
        std::min(source_->reader->segment_at(range_.end - 1), segment + kReadAhead) + 1;
    for (std::size_t next = segment + 1; next < end; ++next)
      context_.segments.read_ahead(*source_, next);
  }

  Result<ReadStep> give(store::Slice slice, std::uint64_t offset) {
    const bool holds_back = reads_ == Reads::Whole;
    const std::uint64_t end = holds_back ? std::min(range_.end, held_from()) : range_.end;
    slice = slice.first(std::min({std::uint64_t{slice.size()}, end - offset, store::kChunkBytes}));
    if (holds_back) hash(slice, offset);
    context_.counters.served_bytes += slice.size();
    return ReadStep(std::move(slice));
  }

  Result<ReadStep> failed(const Error& error) {
    if (is_of_no_use(error)) context_.on_damaged(packed_.content.artifact(), store::Form::Packed);
    return std::unexpected(error);
  }

  CacheContext& context_;
  const store::PackedContent packed_;
  const Meta meta_;
  const std::uint64_t size_;
  ByteRange range_;
  Reads reads_ = Reads::Whole;
  Hasher hasher_{HashKind::Sha256};
  std::uint64_t hashed_ = 0;
  std::optional<PackedSource> source_;
  std::optional<Arrivals::Segment> found_;
  std::optional<std::size_t> ahead_of_;
  PendingCall pending_;
  const std::shared_ptr<Arrivals> arrivals_ = std::make_shared<Arrivals>();
};

}  // namespace

std::shared_ptr<Body> packed_body(CacheContext& context, store::PackedContent packed, Meta meta) {
  return std::make_shared<PackedBody>(context, std::move(packed), std::move(meta));
}

}  // namespace stagecache::cache
