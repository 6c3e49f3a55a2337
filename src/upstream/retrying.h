#pragma once
//
// Retrying makes one lasting fetch of many tries: it waits and goes on at the byte
// it reached, until the body is whole, the error is one that no try can heal, or
// `attempts` tries in a row brought nothing.
//
// Thread safety: all methods; each fetch keeps its own state.

#include "stagecache/upstream/upstream.h"
#include "upstream/backoff.h"
#include "upstream/shared_counters.h"

namespace stagecache::upstream {

class Retrying final : public Fetcher {
 public:
  /// The references must outlive it.
  Retrying(Fetcher& inner, const Options& options, SharedCounters& counters,
           Wait wait = wait_or_stop);

  Status fetch(const FetchRequest& request, Sink& sink, std::stop_token stop) override;

 private:
  Fetcher& inner_;
  const Options& options_;
  SharedCounters& counters_;
  const Wait wait_;
};

}  // namespace stagecache::upstream
