#include "signals.h"

#include <csignal>

#include "stagecache/base/log.h"

namespace stagecache::daemon {
namespace {

sigset_t held_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

}  // namespace

void hold_signals() {
  const sigset_t set = held_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

const char* wait_for_end() {
  const sigset_t set = held_signals();
  for (;;) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0) continue;
    if (signal == SIGTERM) return "SIGTERM";
    if (signal == SIGINT) return "SIGINT";
    log_info("SIGHUP: nothing can be reloaded yet; restart to read the configuration again");
  }
}

}  // namespace stagecache::daemon
