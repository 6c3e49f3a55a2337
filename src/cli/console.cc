#include "cli/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/arguments.h"

namespace stagecache::cli {

int report(const Error& error, const Console& console) {
  console.err << "stagecache: " << error.message << "\n";
  return error.code == ErrorCode::BadInput ? kExitUsage : kExitFinding;
}

std::optional<TerminalSize> terminal_of_stdout() {
  if (!isatty(STDOUT_FILENO)) return std::nullopt;
  winsize size{};
  const bool known =
      ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
  return known ? TerminalSize{size.ws_col, size.ws_row} : TerminalSize{80, 24};
}

}  // namespace stagecache::cli
