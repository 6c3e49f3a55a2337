#pragma once
//
// SIGINT as an answer to "shall I go on waiting", not as an end of the process: blocked while the
// object lives and taken with sigtimedwait, so none is lost between two looks.

#include <signal.h>

#include <chrono>

namespace stagecache::cli {

class Interrupt {
 public:
  Interrupt() {
    sigemptyset(&wanted_);
    sigaddset(&wanted_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &wanted_, &before_);
  }
  ~Interrupt() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// False when SIGINT came within `pause`.
  bool wait(std::chrono::milliseconds pause) const {
    const timespec time{.tv_sec = pause.count() / 1000,
                        .tv_nsec = pause.count() % 1000 * 1'000'000};
    return sigtimedwait(&wanted_, nullptr, &time) != SIGINT;
  }

 private:
  sigset_t wanted_{}, before_{};
};

}  // namespace stagecache::cli
