#include "segment_cache.h"

#include <utility>

namespace stagecache::cache {

std::optional<store::Slice> SegmentCache::find_kept(const Key& key) {
  const auto place = places_.find(key);
  if (place == places_.end()) return std::nullopt;
  kept_.splice(kept_.begin(), kept_, place->second);
  return place->second->slice;
}

std::optional<store::Slice> SegmentCache::find(ContentId content, std::size_t segment) {
  MutexLock lock(mutex_);
  return find_kept({content, segment});
}

void SegmentCache::get(const PackedSource& source, std::size_t segment, Done done) {
  const Key key{source.content, segment};
  {
    MutexLock lock(mutex_);
    if (auto slice = find_kept(key)) {
      lock.unlock();
      return done(*std::move(slice));
    }
    const auto [waiting, is_first] = under_way_.try_emplace(key);
    waiting->second.push_back(std::move(done));
    if (!is_first) return;
  }
  if (!start(key, source))
    finish(key, fail(ErrorCode::Busy, "too many segments wait to be rebuilt"));
}

void SegmentCache::read_ahead(const PackedSource& source, std::size_t segment) {
  const Key key{source.content, segment};
  {
    MutexLock lock(mutex_);
    if (places_.contains(key) || under_way_.size() >= limits_.read_aheads) return;
    if (!under_way_.try_emplace(key).second) return;
  }
  if (!start(key, source)) finish(key, fail(ErrorCode::Busy, "too many segments wait"));
}

bool SegmentCache::start(const Key& key, const PackedSource& source) {
  return pool_.try_post([this, key, reader = source.reader] {
    ++rebuilds_;
    finish(key, reader->rebuild(key.segment));
  });
}

void SegmentCache::finish(const Key& key, Result<std::vector<std::byte>> rebuilt) {
  Result<store::Slice> slice = store::Slice();
  if (rebuilt) {
    const auto bytes = std::make_shared<const std::vector<std::byte>>(*std::move(rebuilt));
    slice = store::Slice(*bytes, bytes);
  } else {
    slice = error_of(std::move(rebuilt));
  }
  std::vector<Done> waiting;
  {
    MutexLock lock(mutex_);
    if (slice) keep(key, *slice);
    waiting = std::move(under_way_.extract(key).mapped());
  }
  for (Done& done : waiting) done(slice);
}

void SegmentCache::keep(const Key& key, store::Slice slice) {
  kept_bytes_ += slice.size();
  kept_.push_front({key, std::move(slice)});
  places_[key] = kept_.begin();
  while (kept_bytes_ > limits_.bytes) {
    kept_bytes_ -= kept_.back().slice.size();
    places_.erase(kept_.back().key);
    kept_.pop_back();
  }
}

std::uint64_t SegmentCache::kept_bytes() const {
  MutexLock lock(mutex_);
  return kept_bytes_;
}

}  // namespace stagecache::cache
