#pragma once
// `stagecache scrub`: begins one, or joins the one that runs, and the wait for its end.

#include "cli/warm.h"

namespace stagecache::cli {

/// Shows how far it is until it has ended, then what it found; the exit code.
int watch_scrub(const AdminClient& client, const Arguments& arguments, const Console& console,
                const Clock& clock, const Pause& pause);

int scrub(const Arguments& arguments, const AdminClient& client, const Console& console);

}  // namespace stagecache::cli
