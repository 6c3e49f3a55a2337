#pragma once
//
// A body whose bytes are all in memory, so that what we made ourselves is answered
// with the same conditionals, ranges and digests as anything from the cache.

#include <memory>
#include <string>
#include <utility>

#include "stagecache/base/check.h"
#include "stagecache/cache/body.h"

namespace stagecache::http {

class TextBody final : public cache::Body {
 public:
  /// `meta.size` is set to the text's.
  TextBody(std::shared_ptr<const std::string> text, cache::Meta meta)
      : text_(std::move(text)), meta_(std::move(meta)), range_{0, text_->size()} {
    meta_.size = text_->size();
  }

  const cache::Meta& meta() const override { return meta_; }
  void limit(ByteRange range) override {
    CHECK(range.end <= text_->size());
    range_ = range;
  }
  Result<cache::ReadStep> read(std::uint64_t offset) override {
    if (offset >= range_.end) return cache::ReadStep(cache::AtEnd());
    const std::uint64_t length = std::min(range_.end - offset, store::kChunkBytes);
    const auto bytes = std::as_bytes(std::span(*text_)).subspan(offset, length);
    return cache::ReadStep(store::Slice(bytes, text_));
  }
  void when_ready(std::uint64_t, std::move_only_function<void()> callback) override { callback(); }

 private:
  const std::shared_ptr<const std::string> text_;
  cache::Meta meta_;
  ByteRange range_;
};

}  // namespace stagecache::http
