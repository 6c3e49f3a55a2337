#pragma once
//
// OfflineGate is the one door to the outside: while it is closed nobody is asked,
// and closing it ends what runs. What was ended fails as what was not begun:
// TimedOut, with the line of `offline_error`.
//
// Thread safety: all methods, from any thread.

#include <stop_token>

#include "stagecache/base/mutex.h"
#include "stagecache/upstream/fetcher.h"

namespace stagecache::upstream {

/// Names the URL and says how to get it.
Error offline_error(const Url& url);

class OfflineGate final : public Fetcher {
 public:
  enum class State { Open, Closed };
  OfflineGate(Fetcher& inner, State state) : inner_(inner), state_(state) {}

  Status fetch(const FetchRequest& request, Sink& sink, std::stop_token stop) override
      EXCLUDES(mutex_);

  /// No fetch begins after the return; those that run are stopping.
  void close() EXCLUDES(mutex_);
  void open() EXCLUDES(mutex_);
  State state() const EXCLUDES(mutex_);

 private:
  Fetcher& inner_;
  mutable Mutex mutex_;
  State state_ GUARDED_BY(mutex_);
  std::stop_source online_ GUARDED_BY(mutex_);  // Of all fetches since it was opened.
};

}  // namespace stagecache::upstream
