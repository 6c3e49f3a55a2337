#pragma once
// The command line: `stagecache serve`, and the commands that talk to it.

#include <functional>

#include "stagecache/base/result.h"
#include "stagecache/config/config.h"

namespace stagecache::cli {

/// Runs the daemon until it is told to stop. Given by main, so that the commands
/// know nothing of the daemon.
using ServeFunction = std::function<Status(const config::Config&)>;

/// Exit code: 0 all well, 1 a finding or a failed item, 2 usage.
int run(int argc, char** argv, const ServeFunction& serve);

}  // namespace stagecache::cli
