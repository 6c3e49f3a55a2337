#pragma once
// What the wrapping fetchers must know about one inner fetch: a Sink that hands
// everything on and takes notes. One thread.

#include "stagecache/upstream/fetcher.h"

namespace stagecache::upstream {

class WatchedSink : public Sink {
 public:
  explicit WatchedSink(Sink& sink) : sink_(sink) {}

  Status on_head(const ResponseHead& head) override {
    saw_head_ = true;
    return noted(sink_.on_head(head));
  }
  Status on_body(std::span<const std::byte> bytes) override { return noted(sink_.on_body(bytes)); }
  void on_retry_hint(const RetryHint& hint) override { hint_ = hint; }

  bool saw_head() const { return saw_head_; }
  bool failed_itself() const { return failed_itself_; }  ///< The error is the Sink's own.
  const RetryHint& hint() const { return hint_; }

 protected:
  Status noted(Status status) {
    if (!status) failed_itself_ = true;
    return status;
  }
  Sink& sink() { return sink_; }

 private:
  Sink& sink_;
  bool saw_head_ = false;
  bool failed_itself_ = false;
  RetryHint hint_;
};

}  // namespace stagecache::upstream
