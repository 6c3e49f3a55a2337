#pragma once
// The process's signals, waited for by the main thread.

namespace stagecache::daemon {

/// Blocks SIGTERM, SIGINT and SIGHUP in this thread and all that it starts, and
/// ignores SIGPIPE. Call before any thread is started.
void hold_signals();

/// Blocks until SIGTERM or SIGINT comes; the signal's name.
const char* wait_for_end();

}  // namespace stagecache::daemon
