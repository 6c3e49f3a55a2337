// From a spark_runtime.txt or a buildpack's manifest.yml to the items of a job.

#include "stagecache/manifest/buildpack_manifest.h"
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

Result<std::vector<WarmItem>> items_of_buildpack_manifest(std::string_view text) {
  auto dependencies = manifest::read_buildpack_manifest(text);
  if (!dependencies) return error_of(std::move(dependencies));
  std::vector<WarmItem> items;
  for (manifest::Dependency& dependency : *dependencies)
    items.push_back({.url = dependency.uri.empty() ? dependency.name + " " + dependency.version
                                                   : std::move(dependency.uri),
                     .sha256 = dependency.sha256,
                     .error = std::move(dependency.error),
                     .findings = std::move(dependency.findings)});
  return items;
}

}  // namespace stagecache::prefetch
