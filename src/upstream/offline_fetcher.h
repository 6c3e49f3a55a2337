#pragma once
// The Fetcher of a cache that is told to ask nobody. Thread safety: all of it.

#include "stagecache/upstream/fetcher.h"
#include "upstream/wording.h"

namespace stagecache::upstream {

class OfflineFetcher final : public Fetcher {
 public:
  Status fetch(const FetchRequest& request, Sink&, std::stop_token) override {
    return fail(ErrorCode::TimedOut, "offline: " + printable(request.url) + " is not cached");
  }
};

}  // namespace stagecache::upstream
