#include "stagecache/prefetch/warm_jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "job_codec.h"
#include "stagecache/base/log.h"
#include "stagecache/base/mutex.h"
#include "stagecache/base/worker_pool.h"
#include "stagecache/model/url.h"

namespace stagecache::prefetch {
namespace {

/// Items worked on at once; the cache bounds the downloads below them.
constexpr std::size_t kWarmThreads = 6;
constexpr std::size_t kItemQueue = 20'000;
constexpr std::string_view kBlobs = "job/";

using State = ItemStatus::State;

bool ended(const ItemStatus& item) {
  return item.state == State::Ready || item.state == State::Failed;
}

JobStatus::State state_of(const JobStatus& job) {
  if (!std::ranges::all_of(job.items, ended)) return JobStatus::State::Running;
  const bool failed =
      std::ranges::any_of(job.items, [](const auto& item) { return item.state == State::Failed; });
  return failed ? JobStatus::State::Failed : JobStatus::State::Ready;
}

std::string blob_key(std::uint64_t number) {
  return fmt::format("{}{:012}", kBlobs, number);
}

State to_state(cache::Progress::State state) {
  switch (state) {
    case cache::Progress::State::Queued: return State::Queued;
    case cache::Progress::State::Filling: return State::Filling;
    case cache::Progress::State::Verifying: return State::Verifying;
  }
  return State::Queued;
}

Result<cache::Request> read_plain_url(const std::string& url) {
  auto source = Url::parse(url);
  if (!source) return error_of(std::move(source));
  return cache::Request{.source = *std::move(source), .sha256 = {}, .headers = {}};
}

}  // namespace

class WarmJobs::Parts {
 public:
  Parts(cache::Cache& cache, store::Store& store, ReadUrl read_url);
  ~Parts() { stop_.request_stop(); }

  Result<std::string> submit(std::vector<WarmItem> items) EXCLUDES(mutex_);
  std::optional<JobStatus> find(const std::string& id) const EXCLUDES(mutex_);
  std::vector<JobStatus> list() const EXCLUDES(mutex_);

 private:
  void take_up_stored() EXCLUDES(mutex_);
  bool post_items(std::uint64_t number, std::size_t items);
  void work(std::uint64_t number, std::size_t index) EXCLUDES(mutex_);
  Result<cache::Want> want_of(const WarmItem& item) const;
  Result<Artifact> warm(std::uint64_t number, std::size_t index, const WarmItem& item);
  std::string strength_of(const WarmItem& item, const Sha256& sha256) const;
  void update(std::uint64_t number, std::size_t index,
              const std::function<void(ItemStatus&)>& change) EXCLUDES(mutex_);
  void forget_old() EXCLUDES(mutex_, keep_mutex_);
  void keep(std::uint64_t number) EXCLUDES(mutex_, keep_mutex_);

  cache::Cache& cache_;
  store::Store& store_;
  const ReadUrl read_url_;
  std::stop_source stop_;
  Mutex keep_mutex_;  // Before mutex_: jobs are written one after the other.
  mutable Mutex mutex_;
  std::map<std::uint64_t, JobStatus> jobs_ GUARDED_BY(mutex_);
  std::uint64_t next_ GUARDED_BY(mutex_) = 1;
  WorkerPool pool_;  // Last: its threads use all of the above.
};

WarmJobs::Parts::Parts(cache::Cache& cache, store::Store& store, ReadUrl read_url)
    : cache_(cache),
      store_(store),
      read_url_(read_url ? std::move(read_url) : read_plain_url),
      pool_({.name = "warm", .threads = kWarmThreads, .queue_limit = kItemQueue}) {
  take_up_stored();
}

/// Goes on with what an earlier run did not end.
void WarmJobs::Parts::take_up_stored() {
  std::vector<std::pair<std::uint64_t, std::size_t>> unfinished;
  for (const auto& [key, text] : store_.blobs(std::string(kBlobs))) {
    std::uint64_t number = 0;
    std::from_chars(key.data() + kBlobs.size(), key.data() + key.size(), number);
    {
      MutexLock lock(mutex_);
      next_ = std::max(next_, number + 1);  // Also where it cannot be read: it keeps its name.
    }
    auto job = decode_job(std::to_string(number), text);
    if (!job) {
      log_warn("job {}: {}", number, job.error().message);
      continue;
    }
    MutexLock lock(mutex_);
    job->state = state_of(*job);
    if (job->state == JobStatus::State::Running) unfinished.emplace_back(number, job->items.size());
    jobs_[number] = *std::move(job);
  }
  for (const auto& [number, items] : unfinished)
    if (!post_items(number, items)) log_warn("job {}: too many items wait", number);
}

Result<std::string> WarmJobs::Parts::submit(std::vector<WarmItem> items) {
  if (items.empty()) return fail(ErrorCode::BadInput, "a job needs an item");
  if (items.size() > kItemsPerJob)
    return fail(ErrorCode::BadInput,
                fmt::format("{} items are more than a job takes ({})", items.size(), kItemsPerJob));
  JobStatus job;
  for (WarmItem& item : items) {
    ItemStatus status;
    status.findings = item.findings;
    status.error = item.error;
    if (!item.error.empty()) status.state = State::Failed;
    status.item = std::move(item);
    job.items.push_back(std::move(status));
  }
  std::uint64_t number = 0;
  job.state = state_of(job);
  {
    MutexLock lock(mutex_);
    number = next_++;
    job.id = std::to_string(number);
    jobs_[number] = job;
  }
  keep(number);
  forget_old();
  if (post_items(number, job.items.size())) return job.id;
  keep(number);
  return fail(ErrorCode::Busy, "too many warm items wait already; try again later");
}

bool WarmJobs::Parts::post_items(std::uint64_t number, std::size_t items) {
  for (std::size_t index = 0; index < items; ++index) {
    if (pool_.try_post([this, number, index] { work(number, index); })) continue;
    for (std::size_t rest = index; rest < items; ++rest)
      update(number, rest, [](ItemStatus& item) {
        item.state = State::Failed;
        item.error = "too many warm items wait already";
      });
    return false;
  }
  return true;
}

void WarmJobs::Parts::work(std::uint64_t number, std::size_t index) {
  if (stop_.stop_requested()) return;  // It stays queued for the next start.
  WarmItem item;
  {
    MutexLock lock(mutex_);
    const auto job = jobs_.find(number);
    if (job == jobs_.end() || ended(job->second.items[index])) return;
    item = job->second.items[index].item;
  }
  const auto artifact = warm(number, index, item);
  if (!artifact && artifact.error().code == ErrorCode::Cancelled && stop_.stop_requested()) return;
  const std::string strength = artifact ? strength_of(item, artifact->sha256) : "";
  update(number, index, [&](ItemStatus& status) {
    status.strength = strength;
    status.state = artifact ? State::Ready : State::Failed;
    if (!artifact) {
      status.error = artifact.error().message;
      return;
    }
    status.sha256 = artifact->sha256;
    status.size = artifact->size;
    status.received = artifact->size;
    status.archive = artifact->archive;
    for (const Finding& finding : artifact->archive.findings) status.findings.push_back(finding);
  });
  if (!artifact) log_warn("warm {}: {}", item.url, artifact.error().message);
  keep(number);
}

std::string WarmJobs::Parts::strength_of(const WarmItem& item, const Sha256& sha256) const {
  const auto want = want_of(item);
  const auto source = want ? store_.find_source(source_key(want->source)) : std::nullopt;
  return source && source->sha256 == sha256 ? source->strength_text() : "";
}

Result<cache::Want> WarmJobs::Parts::want_of(const WarmItem& item) const {
  auto asked = read_url_(item.url);
  if (!asked) return error_of(std::move(asked));
  if (asked->sha256 && item.sha256 && *asked->sha256 != *item.sha256)
    return fail(ErrorCode::BadInput, fmt::format("the URL demands the sha256 {}, declared is {}",
                                                 asked->sha256->hex(), item.sha256->hex()));
  const auto sha256 = item.sha256 ? item.sha256 : asked->sha256;
  if (asked->source) return cache::Want{*asked->source, sha256, item.pin};
  for (const Source& known : store_.sources_of(*sha256))
    if (auto url = Url::parse(known.url)) return cache::Want{*std::move(url), sha256, item.pin};
  return fail(ErrorCode::NotFound,
              fmt::format("no source of the sha256 {} is known; name one: URL#sha256={}",
                          sha256->hex(), sha256->hex()));
}

Result<Artifact> WarmJobs::Parts::warm(std::uint64_t number, std::size_t index,
                                       const WarmItem& item) {
  const auto want = want_of(item);
  if (!want) return std::unexpected(want.error());
  const auto show = [&](const cache::Progress& progress) {
    update(number, index, [&progress](ItemStatus& status) {
      status.state = to_state(progress.state);
      status.size = progress.size;
      status.received = progress.received;
    });
  };
  return cache_.ensure(*want, show, stop_.get_token());
}

void WarmJobs::Parts::update(std::uint64_t number, std::size_t index,
                             const std::function<void(ItemStatus&)>& change) {
  MutexLock lock(mutex_);
  const auto job = jobs_.find(number);
  if (job == jobs_.end()) return;
  change(job->second.items[index]);
  job->second.state = state_of(job->second);
}

/// As it is now; one at a time, so that the last one written is the newest.
void WarmJobs::Parts::keep(std::uint64_t number) {
  MutexLock lock(keep_mutex_);
  const auto job = find(std::to_string(number));
  if (!job) return;  // Forgotten meanwhile.
  if (const auto kept = store_.put_blob(blob_key(number), encode(*job)); !kept)
    log_warn("job {} will not survive a restart: {}", number, kept.error().message);
}

void WarmJobs::Parts::forget_old() {
  std::vector<std::uint64_t> old;
  {
    MutexLock lock(mutex_);
    for (auto job = jobs_.begin(); job != jobs_.end() && jobs_.size() > kJobsKept;) {
      if (job->second.state == JobStatus::State::Running) {
        ++job;
        continue;
      }
      old.push_back(job->first);
      job = jobs_.erase(job);
    }
  }
  MutexLock lock(keep_mutex_);
  for (const std::uint64_t number : old)
    if (const auto gone = store_.put_blob(blob_key(number), ""); !gone)
      log_warn("job {}: {}", number, gone.error().message);
}

std::optional<JobStatus> WarmJobs::Parts::find(const std::string& id) const {
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc{} || stop != id.data() + id.size()) return std::nullopt;
  MutexLock lock(mutex_);
  const auto job = jobs_.find(number);
  if (job == jobs_.end()) return std::nullopt;
  return job->second;
}

std::vector<JobStatus> WarmJobs::Parts::list() const {
  MutexLock lock(mutex_);
  std::vector<JobStatus> jobs;
  for (auto job = jobs_.rbegin(); job != jobs_.rend(); ++job) jobs.push_back(job->second);
  return jobs;
}

WarmJobs::WarmJobs(cache::Cache& cache, store::Store& store, ReadUrl read_url)
    : parts_(std::make_unique<Parts>(cache, store, std::move(read_url))) {}
WarmJobs::~WarmJobs() = default;

Result<std::string> WarmJobs::submit(std::vector<WarmItem> items) {
  return parts_->submit(std::move(items));
}
std::optional<JobStatus> WarmJobs::find(const std::string& id) const {
  return parts_->find(id);
}
std::vector<JobStatus> WarmJobs::list() const {
  return parts_->list();
}

}  // namespace stagecache::prefetch
