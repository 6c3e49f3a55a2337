#pragma once
//
// The one place that wires the daemon: reading daemon.cc tells what runs.

#include "stagecache/base/result.h"
#include "stagecache/config/config.h"

namespace stagecache::daemon {

/// Serves until SIGTERM or SIGINT: stops accepting, lets running transfers end
/// for up to 10 s, closes the store, returns. Prints "ready: data ... admin ..."
/// to the log and tells systemd (READY=1) once the listeners accept.
Status serve(const config::Config& config);

}  // namespace stagecache::daemon
