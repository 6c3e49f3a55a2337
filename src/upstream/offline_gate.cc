#include "upstream/offline_gate.h"

#include <fmt/format.h>

#include "upstream/wording.h"

namespace stagecache::upstream {

Error offline_error(const Url& url) {
  return {ErrorCode::TimedOut,
          fmt::format("{} is not stored and this cache is offline; ask your operator to end "
                      "that (stagecache offline off) and to run: stagecache warm URL",
                      printable(url))};
}

Status OfflineGate::fetch(const FetchRequest& request, Sink& sink, std::stop_token stop) {
  std::stop_token online;
  {
    MutexLock lock(mutex_);
    if (state_ == State::Closed) return std::unexpected(offline_error(request.url));
    online = online_.get_token();
  }
  std::stop_source either;
  const auto end = [&either] { either.request_stop(); };
  const std::stop_callback on_stop(stop, end), on_offline(online, end);
  Status status = inner_.fetch(request, sink, either.get_token());
  const bool was_ended = !status && online.stop_requested() && !stop.stop_requested();
  if (was_ended) return std::unexpected(offline_error(request.url));
  return status;
}

void OfflineGate::close() {
  std::stop_source online;
  {
    MutexLock lock(mutex_);
    state_ = State::Closed;
    online = online_;
  }
  online.request_stop();  // Runs what the fetches do to end: not under our lock.
}

void OfflineGate::open() {
  MutexLock lock(mutex_);
  if (state_ == State::Open) return;
  state_ = State::Open;
  online_ = std::stop_source();
}

OfflineGate::State OfflineGate::state() const {
  MutexLock lock(mutex_);
  return state_;
}

}  // namespace stagecache::upstream
