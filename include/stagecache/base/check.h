#pragma once
//
// CHECK(condition) states what must be true if the program has no bug. It stays
// on in release builds: a stopped daemon is restarted by systemd, a wrong one
// hands out wrong bytes. Never CHECK what a peer, a user or a disk can cause;
// return an Error for that.

#include <cstdio>
#include <cstdlib>

#define CHECK(condition) \
  ((condition) ? void() : ::stagecache::check_failed(#condition, __FILE__, __LINE__))

namespace stagecache {

[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: CHECK(%s) failed\n", file, line, condition);
  std::abort();
}

}  // namespace stagecache
