#pragma once
// The command line: `stagecache serve`, and the commands that talk to it.

namespace stagecache::cli {

/// Exit code: 0 all well, 1 a finding or a failed item, 2 usage.
int run(int argc, char** argv);

}  // namespace stagecache::cli
