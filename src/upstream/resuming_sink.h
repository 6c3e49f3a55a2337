#pragma once
//
// ResumingSink makes several tries look like one answer: it keeps where the body
// stands and what its first head promised, shows the first head only, and holds
// every later head against it. One thread.

#include <cstdint>
#include <optional>

#include "upstream/watched_sink.h"

namespace stagecache::upstream {

class ResumingSink final : public WatchedSink {
 public:
  ResumingSink(const FetchRequest& request, Sink& sink)
      : WatchedSink(sink), request_(request), reached_(request.offset) {}

  Status on_head(const ResponseHead& head) override;
  Status on_body(std::span<const std::byte> bytes) override;

  std::uint64_t reached() const { return reached_; }
  /// Whether bytes came that a further try need not fetch again.
  bool has_part() const { return reached_ > request_.offset; }
  /// Whether a further try could be proved to bring the same body.
  bool resumable() const;
  /// The request for what is still missing.
  FetchRequest rest() const;

 private:
  Status same_as_first(const ResponseHead& head) const;

  const FetchRequest& request_;
  std::uint64_t reached_;
  std::optional<ResponseHead> first_;
};

}  // namespace stagecache::upstream
