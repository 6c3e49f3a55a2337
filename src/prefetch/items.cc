// From a spark_runtime.txt to the items of a job.

#include "stagecache/manifest/spark_runtime.h"
#include "stagecache/prefetch/warm_jobs.h"

namespace stagecache::prefetch {

std::vector<WarmItem> items_of_spark_runtime(std::string_view text) {
  const manifest::SparkRuntime runtime = manifest::read_spark_runtime(text);
  std::vector<WarmItem> items;
  for (const manifest::Download& download : runtime.downloads)
    items.push_back({.url = download.url_text, .sha256 = download.sha256});
  // Findings are about the file; they are shown once, with its first item.
  if (!items.empty()) items.front().findings = runtime.findings;
  return items;
}

}  // namespace stagecache::prefetch
