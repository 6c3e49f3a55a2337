#pragma once
//
// Standing orders: what this instance is to have ready at all times. The items of
// the configuration's [[warm]], and whatever the spark_runtime.txt files and the
// buildpacks' manifest.yml in the watched folders name. Looked through at start and every
// `interval`: what is new, changed, or failed last time is warmed (and pinned) again.
//
// One broken file never stops the others. Thread safety: the constructor starts
// one thread, the destructor ends it.

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "stagecache/prefetch/warm_jobs.h"

namespace stagecache::prefetch {

class StandingOrders {
 public:
  struct Options {
    std::vector<WarmItem> items;
    std::vector<std::filesystem::path> folders;
    std::chrono::milliseconds interval{60'000};
  };

  StandingOrders(Options options, WarmJobs& jobs);
  ~StandingOrders();

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

/// Every spark_runtime.txt and manifest.yml below `folder`, at any depth, in the order of their
/// paths. What cannot be read is passed over with a log line.
std::vector<std::filesystem::path> find_orders(const std::filesystem::path& folder);

}  // namespace stagecache::prefetch
