#pragma once
// The process's signals, waited for by the main thread.

#include <chrono>
#include <functional>

namespace stagecache::daemon {

/// Blocks SIGTERM, SIGINT and SIGHUP in this thread and all that it starts, and
/// ignores SIGPIPE. Call before any thread is started.
void hold_signals();

struct WhileWaiting {
  std::function<void()> on_hangup;   ///< SIGHUP has come.
  std::function<void()> every_tick;  ///< About every `tick`.
  std::chrono::milliseconds tick{1'000};
};

/// Blocks until SIGTERM or SIGINT comes; the signal's name. Calls back meanwhile.
const char* wait_for_end(const WhileWaiting& meanwhile);

}  // namespace stagecache::daemon
