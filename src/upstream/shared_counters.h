#pragma once
// The module's counters, shared by all transfers. Thread safety: all of it.

#include <atomic>
#include <cstdint>

#include "stagecache/upstream/upstream.h"

namespace stagecache::upstream {

struct SharedCounters {
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> retries{0};
  std::atomic<std::uint64_t> resumes{0};

  Counters read() const { return {requests, bytes, retries, resumes}; }
};

}  // namespace stagecache::upstream
