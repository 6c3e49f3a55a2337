#pragma once
// A cache::Body whose bytes come when the test says so.

#include <future>
#include <string>
#include <utility>

#include "stagecache/base/mutex.h"
#include "stagecache/cache/body.h"

namespace stagecache::http::test {

/// Held by the test, shared with the body that the server holds and drops.
class BodyScript {
 public:
  explicit BodyScript(std::string bytes, std::size_t slice_bytes = store::kChunkBytes)
      : bytes_(std::make_shared<const std::string>(std::move(bytes))), slice_bytes_(slice_bytes) {}

  /// From now on the first `count` bytes can be read.
  void publish(std::size_t count) EXCLUDES(mutex_) {
    {
      MutexLock lock(mutex_);
      published_ = count;
    }
    call_back();
  }
  /// All bytes are there and right.
  void finish() EXCLUDES(mutex_) {
    {
      MutexLock lock(mutex_);
      published_ = bytes_->size();
      finished_ = true;
    }
    call_back();
  }
  /// Nothing that is not published will come.
  void fail_with(Error error) EXCLUDES(mutex_) {
    {
      MutexLock lock(mutex_);
      error_ = std::move(error);
    }
    call_back();
  }

  std::optional<ByteRange> limited_to() {
    MutexLock lock(mutex_);
    return limit_;
  }
  /// Is ready once the server has dropped the body.
  std::future<void> dropped() { return dropped_.get_future(); }
  /// Is ready once the server waits for more bytes.
  std::future<void> waited_for() { return waited_for_.get_future(); }

 private:
  friend class FakeBody;

  void call_back() EXCLUDES(mutex_) {
    std::move_only_function<void()> callback;
    {
      MutexLock lock(mutex_);
      if (is_ready(wanted_)) callback = std::exchange(callback_, nullptr);
    }
    if (callback) callback();
  }
  bool is_ready(std::uint64_t offset) REQUIRES(mutex_) {
    return offset < published_ || finished_ || error_;
  }

  const std::shared_ptr<const std::string> bytes_;
  const std::size_t slice_bytes_;
  std::promise<void> dropped_, waited_for_;
  Mutex mutex_;
  std::size_t published_ GUARDED_BY(mutex_) = 0;
  bool finished_ GUARDED_BY(mutex_) = false;
  bool was_waited_for_ GUARDED_BY(mutex_) = false;
  std::optional<Error> error_ GUARDED_BY(mutex_);
  std::optional<ByteRange> limit_ GUARDED_BY(mutex_);
  std::uint64_t wanted_ GUARDED_BY(mutex_) = 0;
  std::move_only_function<void()> callback_ GUARDED_BY(mutex_);
};

class FakeBody final : public cache::Body {
 public:
  FakeBody(std::shared_ptr<BodyScript> script, cache::Meta meta)
      : script_(std::move(script)), meta_(std::move(meta)) {}
  ~FakeBody() override {
    {
      MutexLock lock(script_->mutex_);
      script_->callback_ = nullptr;
    }
    script_->dropped_.set_value();
  }

  const cache::Meta& meta() const override { return meta_; }

  void limit(ByteRange range) override {
    MutexLock lock(script_->mutex_);
    script_->limit_ = range;
  }

  Result<cache::ReadStep> read(std::uint64_t offset) override {
    BodyScript& script = *script_;
    MutexLock lock(script.mutex_);
    const std::size_t end = script.limit_ ? script.limit_->end : script.bytes_->size();
    if (offset < std::min<std::uint64_t>(script.published_, end)) return slice(script, offset);
    if (script.error_) return std::unexpected(*script.error_);
    if (script.finished_) return cache::AtEnd{};
    return cache::NotYet{};
  }

  void when_ready(std::uint64_t offset, std::move_only_function<void()> callback) override {
    BodyScript& script = *script_;
    MutexLock lock(script.mutex_);
    if (script.is_ready(offset)) {
      lock.unlock();
      return callback();
    }
    script.wanted_ = offset;
    script.callback_ = std::move(callback);
    if (!std::exchange(script.was_waited_for_, true)) script.waited_for_.set_value();
  }

 private:
  static store::Slice slice(BodyScript& script, std::uint64_t offset) REQUIRES(script.mutex_) {
    const std::size_t chunk_end = (offset / script.slice_bytes_ + 1) * script.slice_bytes_;
    const std::size_t end = std::min(chunk_end, script.published_);
    const auto all = std::as_bytes(std::span(*script.bytes_));
    return {all.subspan(offset, end - offset), script.bytes_};
  }

  const std::shared_ptr<BodyScript> script_;
  const cache::Meta meta_;
};

/// The body of a script, of known size.
inline std::shared_ptr<cache::Body> sized_body(std::shared_ptr<BodyScript> script,
                                               std::uint64_t size) {
  cache::Meta meta;
  meta.size = size;
  return std::make_shared<FakeBody>(std::move(script), meta);
}
/// The same where the upstream gave no length.
inline std::shared_ptr<cache::Body> unsized_body(std::shared_ptr<BodyScript> script) {
  return std::make_shared<FakeBody>(std::move(script), cache::Meta{});
}

/// `size` bytes, no two neighbouring chunks of them alike.
inline std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525u + 1013904223u;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

}  // namespace stagecache::http::test
