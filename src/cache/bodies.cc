#include "bodies.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "disk_read.h"
#include "pending_call.h"
#include "stagecache/base/check.h"
#include "stagecache/base/log.h"

namespace stagecache::cache {
namespace {

constexpr std::uint64_t kNoEnd = std::numeric_limits<std::uint64_t>::max();

store::Slice clipped(store::Slice slice, std::uint64_t limit) {
  return slice.size() > limit ? slice.first(limit) : slice;
}

class StoredBody final : public Body {
 public:
  StoredBody(CacheContext& context, store::Content content, Meta meta)
      : context_(context),
        content_(std::move(content)),
        meta_(std::move(meta)),
        range_{0, content_.size()} {}

  const Meta& meta() const override { return meta_; }

  void limit(ByteRange range) override {
    CHECK(range.end <= content_.size());
    range_ = range;
  }

  Result<ReadStep> read(std::uint64_t offset) override {
    if (offset >= range_.end) return ReadStep(AtEnd());
    if (auto found = disk_read_->take(offset)) {
      if (!*found) return failed((*found).error());
      return give(**std::move(found), offset);
    }
    auto cached = content_.read_cached(offset);
    if (!cached) return failed(cached.error());
    if (!*cached) return ReadStep(NotYet());
    return give(**std::move(cached), offset);
  }

  void when_ready(std::uint64_t offset, std::move_only_function<void()> callback) override {
    disk_read_->start(
        context_.readers, offset, [content = content_, offset] { return content.read(offset); },
        pending_.bind(std::move(callback)));
  }

 private:
  Result<ReadStep> give(store::Slice slice, std::uint64_t offset) {
    slice = clipped(std::move(slice), range_.end - offset);
    context_.counters.served_bytes += slice.size();
    const bool is_whole = range_.length() == content_.size();
    if (is_whole && offset + slice.size() == range_.end)
      context_.on_whole_hit(content_.artifact().sha256);
    return ReadStep(std::move(slice));
  }

  Result<ReadStep> failed(const Error& error) {
    if (error.code == ErrorCode::Corrupt)
      context_.on_damaged(content_.artifact(), store::Form::Raw);
    return std::unexpected(error);
  }

  CacheContext& context_;
  const store::Content content_;
  const Meta meta_;
  ByteRange range_;
  PendingCall pending_;
  const std::shared_ptr<DiskRead> disk_read_ = std::make_shared<DiskRead>();
};

class FollowerBody final : public Body {
 public:
  FollowerBody(CacheContext& context, std::shared_ptr<Fill> fill, std::optional<Sha256> expected,
               Meta meta)
      : context_(context),
        fill_(std::move(fill)),
        expected_(expected),
        meta_(std::move(meta)),
        place_(fill_->take_place()) {}

  const Meta& meta() const override { return meta_; }

  void limit(ByteRange range) override {
    end_ = range.end;
    place_->move_to(range.begin);
  }

  Result<ReadStep> read(std::uint64_t offset) override {
    const Fill::Reached view = fill_->reached();
    if (view.phase == Fill::Phase::Failed) return std::unexpected(fill_->error());
    const bool verified = view.phase == Fill::Phase::Verified;
    if (verified) RETURN_IF_ERROR(check(view));
    const std::uint64_t end = verified ? std::min(end_, *view.size) : end_;
    if (verified && offset >= end) return ReadStep(AtEnd());

    place_->move_to(offset);
    const std::uint64_t readable = readable_end(view, end);
    if (offset >= readable) return ReadStep(NotYet());
    if (auto found = disk_read_->take(offset)) {
      if (!*found) return std::unexpected((*found).error());
      return give(**std::move(found), readable - offset);
    }
    auto cached = fill_->read_cached(offset);
    if (!cached) return std::unexpected(cached.error());
    if (!*cached) return ReadStep(NotYet());
    return give(**std::move(cached), readable - offset);
  }

  void when_ready(std::uint64_t offset, std::move_only_function<void()> callback) override {
    auto call = pending_.bind(std::move(callback));
    const Fill::Reached view = fill_->reached();
    const std::uint64_t readable = readable_end(view, end_);
    if (view.phase == Fill::Phase::Filling && offset >= readable) {
      // Bytes that are held back do not count as having come.
      fill_->when_bytes(held_back_until(view, offset), std::move(call));
      return;
    }
    if (view.phase == Fill::Phase::Failed || offset >= view.received) {
      call();
      return;
    }
    disk_read_->start(
        context_.readers, offset, [fill = fill_, offset] { return fill->read(offset); },
        std::move(call));
  }

 private:
  /// What was promised when the head went out must still be so.
  Status check(const Fill::Reached& view) const {
    if (expected_ && *expected_ != *view.sha256)
      return fail(ErrorCode::Corrupt, fmt::format("the sha256 is {}, wanted is {}",
                                                  view.sha256->hex(), expected_->hex()));
    if (meta_.size && *meta_.size != *view.size)
      return fail(ErrorCode::Corrupt,
                  fmt::format("{} bytes came, {} were announced", *view.size, *meta_.size));
    return {};
  }

  /// Up to where bytes may be given out now.
  std::uint64_t readable_end(const Fill::Reached& view, std::uint64_t end) const {
    if (view.phase == Fill::Phase::Verified) return std::min(view.received, end);
    const std::uint64_t whole_end = std::min(end, meta_.size.value_or(kNoEnd));
    const std::uint64_t held_from = whole_end == kNoEnd ? view.received : whole_end;
    return std::min(view.received, held_from - std::min(held_from, kHeldBackBytes));
  }

  /// The offset behind which a byte must arrive before `offset` can be read.
  std::uint64_t held_back_until(const Fill::Reached& view, std::uint64_t offset) const {
    const std::uint64_t whole_end = std::min(end_, meta_.size.value_or(kNoEnd));
    if (whole_end == kNoEnd) return std::max(offset + kHeldBackBytes, view.received);
    const std::uint64_t open_end = whole_end - std::min(whole_end, kHeldBackBytes);
    return offset < open_end ? offset : kNoEnd;  // kNoEnd: only once it is verified.
  }

  Result<ReadStep> give(store::Slice slice, std::uint64_t limit) {
    slice = clipped(std::move(slice), limit);
    context_.counters.served_bytes += slice.size();
    return ReadStep(std::move(slice));
  }

  CacheContext& context_;
  const std::shared_ptr<Fill> fill_;
  const std::optional<Sha256> expected_;
  const Meta meta_;
  std::uint64_t end_ = kNoEnd;
  PendingCall pending_;
  const std::shared_ptr<DiskRead> disk_read_ = std::make_shared<DiskRead>();
  const std::unique_ptr<Fill::Place> place_;
};

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::Hit: return "hit";
    case Outcome::Miss: return "miss";
    case Outcome::Follow: return "follow";
    case Outcome::Stale: return "stale";
    case Outcome::Packed: return "packed";
    case Outcome::Pass: return "pass";
  }
  return "hit";
}

std::shared_ptr<Body> stored_body(CacheContext& context, store::Content content, Meta meta) {
  return std::make_shared<StoredBody>(context, std::move(content), std::move(meta));
}

std::shared_ptr<Body> follower_body(CacheContext& context, std::shared_ptr<Fill> fill,
                                    std::optional<Sha256> expected, Meta meta) {
  return std::make_shared<FollowerBody>(context, std::move(fill), expected, std::move(meta));
}

}  // namespace stagecache::cache
