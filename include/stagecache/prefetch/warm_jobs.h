#pragma once
//
// Warm jobs: lists of things to have ready. A job is accepted at once, worked
// off by a bounded pool, kept in the store so that a restart goes on with it, and
// forgotten after kJobsKept newer ones.
//
// Thread safety: all methods, from any thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "stagecache/base/result.h"
#include "stagecache/cache/cache.h"
#include "stagecache/model/finding.h"

namespace stagecache::prefetch {

inline constexpr std::size_t kJobsKept = 200;
inline constexpr std::size_t kItemsPerJob = 1000;

/// One thing to have ready.
struct WarmItem {
  std::string url;  ///< As written; may be malformed, which fails the item.
  std::optional<Sha256> sha256;
  bool pin = true;
  std::string error;  ///< Why it cannot even be tried; it fails at once.
  Findings findings;  ///< From the file that named it.
};

struct ItemStatus {
  enum class State { Queued, Filling, Verifying, Ready, Failed };
  WarmItem item;
  State state = State::Queued;
  std::optional<Sha256> sha256;
  std::optional<std::uint64_t> size;
  std::uint64_t received = 0;
  std::string error;
  std::string
      strength;       ///< Of a Ready one: "declared", "published sha512", "first seen"; "" unknown.
  Findings findings;  ///< The item's, then those of the archive look.
  ArchiveSummary archive;
};

struct JobStatus {
  enum class State { Running, Ready, Failed };  ///< Failed: ended, an item failed.
  std::string id;
  State state = State::Running;
  std::vector<ItemStatus> items;
};

/// The items of a spark_runtime.txt, findings included.
std::vector<WarmItem> items_of_spark_runtime(std::string_view text);

/// The downloads of a buildpack's manifest.yml; a bad entry is an item that fails.
/// Fails with BadInput or, for a manifest.yml of another kind, NotFound.
Result<std::vector<WarmItem>> items_of_buildpack_manifest(std::string_view text);

/// What the URL of an item asks for: ours names its publisher's source, and perhaps a
/// digest. Fails with BadInput. Must be thread-safe.
using ReadUrl = std::function<Result<cache::Request>(const std::string& url)>;

class WarmJobs {
 public:
  /// `read_url` empty: every URL is a publisher's.
  WarmJobs(cache::Cache& cache, store::Store& store, ReadUrl read_url = {});
  ~WarmJobs();

  /// Returns the job's id. Items that an unfinished job already has under way
  /// are not fetched twice (the cache sees to it). Fails with BadInput (no item,
  /// too many), Busy.
  Result<std::string> submit(std::vector<WarmItem> items);
  std::optional<JobStatus> find(const std::string& id) const;
  std::vector<JobStatus> list() const;  ///< Newest first.

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace stagecache::prefetch
