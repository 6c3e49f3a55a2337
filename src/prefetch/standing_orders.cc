#include "stagecache/prefetch/standing_orders.h"

#include <pthread.h>

#include <algorithm>
#include <map>
#include <thread>

#include "stagecache/base/file_system.h"
#include "stagecache/base/log.h"
#include "stagecache/base/mutex.h"
#include "stagecache/manifest/buildpack_manifest.h"
#include "stagecache/manifest/spark_runtime.h"

namespace stagecache::prefetch {
namespace {

constexpr std::string_view kSparkRuntime = "spark_runtime.txt";
constexpr std::string_view kManifest = "manifest.yml";
constexpr std::size_t kMaxFileBytes =
    std::max(manifest::kMaxSparkRuntimeBytes, manifest::kMaxBuildpackManifestBytes);
/// A folder with more of them is a mistake (the root of a file system, say).
constexpr std::size_t kMaxFiles = 10'000;

}  // namespace

class StandingOrders::Parts {
 public:
  Parts(Options options, WarmJobs& jobs);
  ~Parts();

 private:
  /// One file, or the configuration's items.
  struct Order {
    std::string text;
    std::string job;     ///< The last one; "" before the first.
    bool ready = false;  ///< Jobs are forgotten; that this one ended well is not.
  };

  void run() EXCLUDES(mutex_);
  void look_through();
  void look_at(const std::filesystem::path& file);
  bool is_due(Order& order) const;
  void submit(Order& order, const std::string& name, std::vector<WarmItem> items);

  const Options options_;
  WarmJobs& jobs_;
  std::map<std::filesystem::path, Order> files_;  // Owned by the thread.
  Order configured_;                              // Owned by the thread.
  Mutex mutex_;
  CondVar end_;
  bool ending_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

StandingOrders::Parts::Parts(Options options, WarmJobs& jobs)
    : options_(std::move(options)), jobs_(jobs), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "standing-orders");
}

StandingOrders::Parts::~Parts() {
  {
    MutexLock lock(mutex_);
    ending_ = true;
  }
  end_.notify_all();
  thread_.join();
}

void StandingOrders::Parts::run() {
  for (;;) {
    look_through();
    MutexLock lock(mutex_);
    if (!ending_) end_.wait_for(mutex_, options_.interval);
    if (ending_) return;
  }
}

void StandingOrders::Parts::look_through() {
  if (!options_.items.empty() && is_due(configured_))
    submit(configured_, "the configuration", options_.items);
  for (const std::filesystem::path& folder : options_.folders)
    for (const std::filesystem::path& file : find_orders(folder)) look_at(file);
}

void StandingOrders::Parts::look_at(const std::filesystem::path& file) {
  auto text = read_file(file, kMaxFileBytes);
  if (!text) {
    log_warn("watch: {}", text.error().message);
    return;
  }
  Order& order = files_[file];
  if (order.text == *text && !is_due(order)) return;
  order.text = *std::move(text);
  auto items = file.filename() == kManifest
                   ? items_of_buildpack_manifest(order.text)
                   : Result<std::vector<WarmItem>>(items_of_spark_runtime(order.text));
  if (items) return submit(order, file.string(), *std::move(items));
  order.ready = true;  // Until it changes. Apps have files of that name, too.
  if (items.error().code != ErrorCode::NotFound)
    log_warn("watch: {}: {}", file.string(), items.error().message);
}

/// Never warmed yet, or not successfully.
bool StandingOrders::Parts::is_due(Order& order) const {
  if (order.ready) return false;
  const auto job = jobs_.find(order.job);
  order.ready = job && job->state == JobStatus::State::Ready;
  return !job || job->state == JobStatus::State::Failed;
}

void StandingOrders::Parts::submit(Order& order, const std::string& name,
                                   std::vector<WarmItem> items) {
  auto job = jobs_.submit(std::move(items));
  if (!job) {
    log_warn("watch: {}: {}", name, job.error().message);
    return;
  }
  order.job = *std::move(job);
  order.ready = false;
  log_info("watch: {} is warmed by job {}", name, order.job);
}

std::vector<std::filesystem::path> find_orders(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code error;
  constexpr auto kSkip = std::filesystem::directory_options::skip_permission_denied;
  auto entry = std::filesystem::recursive_directory_iterator(folder, kSkip, error);
  for (; !error && entry != std::filesystem::recursive_directory_iterator();
       entry.increment(error)) {
    std::error_code ignored;
    const auto name = entry->path().filename();
    if ((name != kSparkRuntime && name != kManifest) || !entry->is_regular_file(ignored)) continue;
    found.push_back(entry->path());
    if (found.size() == kMaxFiles) {
      log_warn("watch: {} holds more than {} files; the rest is not looked at", folder.string(),
               kMaxFiles);
      break;
    }
  }
  if (error) log_warn("watch: {}: {}", folder.string(), error.message());
  std::ranges::sort(found);
  return found;
}

StandingOrders::StandingOrders(Options options, WarmJobs& jobs)
    : parts_(std::make_unique<Parts>(std::move(options), jobs)) {}
StandingOrders::~StandingOrders() = default;

}  // namespace stagecache::prefetch
