#include "signals.h"

#include <csignal>

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

const char* wait_for_end(const WhileWaiting& meanwhile) {
  const sigset_t set = held_signals();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(meanwhile.tick);
  const timespec tick{seconds.count(), std::chrono::nanoseconds(meanwhile.tick - seconds).count()};
  for (;;) {
    switch (sigtimedwait(&set, nullptr, &tick)) {
      case SIGTERM: return "SIGTERM";
      case SIGINT: return "SIGINT";
      case SIGHUP: meanwhile.on_hangup(); break;
      default: meanwhile.every_tick();  // The tick is over, or a debugger came.
    }
  }
}

}  // namespace stagecache::daemon
