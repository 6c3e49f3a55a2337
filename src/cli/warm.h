#pragma once
// `stagecache warm`: what is asked for, and the wait for it.

#include <chrono>
#include <functional>
#include <string>

#include "cli/admin_client.h"
#include "cli/arguments.h"
#include "cli/progress.h"

namespace stagecache::cli {

/// The body of POST /v1/warm for what was named on the command line. Fails with
/// BadInput for what is neither a URL nor a file, NotFound for a folder without
/// any spark_runtime.txt or buildpack's manifest.yml.
Result<std::string> warm_request(const Arguments& arguments);

/// Waits `pause`; false when the user wants to leave.
using Pause = std::function<bool(std::chrono::milliseconds pause)>;

/// Returns the exit code.
int watch_job(const AdminClient& client, const std::string& id, const Arguments& arguments,
              const Console& console, Progress& progress, const Pause& pause);

int warm(const Arguments& arguments, const AdminClient& client, const Console& console);

}  // namespace stagecache::cli
