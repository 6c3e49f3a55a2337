#include "stagecache/cache/scrub.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <charconv>
#include <thread>

#include "bell.h"
#include "form_check.h"
#include "refetch.h"
#include "scrub_report.h"
#include "stagecache/base/log.h"
#include "stagecache/base/low_priority.h"
#include "stagecache/base/mutex.h"

namespace stagecache::cache {
namespace {

/// A scrub that fell behind its rate may read faster for so long, no more.
constexpr std::chrono::seconds kMadeUpFor{1};

/// Wall time has whole seconds: what is due in less may be due in almost one.
constexpr std::chrono::nanoseconds kLeastPause = std::chrono::milliseconds(200);

/// After a scrub that could not read everything: what was short may be there again, and to begin
/// at once would be to read without an end (100 GB take 83 minutes).
constexpr std::chrono::seconds kSoon = std::chrono::hours(1);

/// What the store keeps of the last scrub: seconds since the epoch, as text.
constexpr const char* kLastEnd = "scrub/last-end";

std::optional<WallTime> stored_end(const store::Store& store) {
  for (const auto& [key, value] : store.blobs(kLastEnd)) {
    std::int64_t seconds = 0;
    const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (error == std::errc{} && stop == value.data() + value.size())
      return WallTime(std::chrono::seconds(seconds));
  }
  return std::nullopt;
}

void note_end(store::Store& store, WallTime time) {
  const auto noted = store.put_blob(kLastEnd, fmt::format("{}", time.time_since_epoch().count()));
  if (!noted) log_warn("scrub: its end is not noted: {}", noted.error().message);
}

/// One form of one artifact, as it was listed.
struct Task {
  Artifact artifact;
  store::Form form;
};

std::vector<Task> tasks_of(const store::Store& store) {
  std::vector<Task> tasks;
  for (const store::ArtifactInfo& info : store.list()) {
    if (info.artifact.raw_content != 0) tasks.push_back({info.artifact, store::Form::Raw});
    if (info.artifact.packed) tasks.push_back({info.artifact, store::Form::Packed});
  }
  return tasks;
}

}  // namespace

class Scrub::Parts {
 public:
  Parts(Options options, store::Store& store, Cache& cache, const Clock& clock);
  ~Parts();

  Status start();
  ScrubStatus status() const;

 private:
  void run();
  WallTime after(WallTime then, std::chrono::seconds pause) const;
  std::optional<WallTime> next_at() const;
  std::chrono::nanoseconds until_next() const;
  bool is_due() const;

  // All of these fail with Cancelled at the daemon's end, and with nothing else.
  Status read_everything();
  Status read_one(const Task& task);
  Status check(const Sha256& sha256, store::Form form);
  Status pace(std::uint64_t bytes);
  Status damaged(const Task& task, const std::string& text);
  Status take_out(const Task& task, const std::string& text);
  Status fetch_again(const std::vector<Artifact>& lost);

  const Options options_;
  store::Store& store_;
  Cache& cache_;
  const Clock& clock_;
  ScrubReport report_;
  const std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
  SteadyTime next_read_{};  // Owned by the thread.
  std::thread thread_;
};

Scrub::Parts::Parts(Options options, store::Store& store, Cache& cache, const Clock& clock)
    : options_(options), store_(store), cache_(cache), clock_(clock) {
  report_.set_last_end(stored_end(store_));
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "scrub");
}

Scrub::Parts::~Parts() {
  bell_->end();
  thread_.join();
}

Status Scrub::Parts::start() {
  RETURN_IF_ERROR(report_.ask(clock_.wall()));
  bell_->ring();
  return {};
}

ScrubStatus Scrub::Parts::status() const {
  ScrubStatus status = report_.status();
  if (status.state == ScrubStatus::State::Idle) status.next_at = next_at();
  return status;
}

void Scrub::Parts::run() {
  take_low_priority();
  for (;;) {
    const auto heard = bell_->times();
    if (report_.begin(clock_.wall(), is_due())) {
      const Status read = read_everything();
      const WallTime now = clock_.wall();
      // Noted before it is told: who is told may take the power away.
      if (read && report_.status().unread == 0) note_end(store_, now);
      report_.end(now, read);
    }
    if (bell_->wait(heard, until_next()) == Bell::Heard::End) return;
  }
}

/// Wall clocks are set back. Who waits from a time that has not come would wait for years.
WallTime Scrub::Parts::after(WallTime then, std::chrono::seconds pause) const {
  const WallTime now = clock_.wall();
  return then > now ? now : then + pause;
}

/// An interval after the last one; where there was none, after the first artifact came.
std::optional<WallTime> Scrub::Parts::next_at() const {
  if (options_.interval.count() == 0) return std::nullopt;
  const ScrubStatus status = report_.status();
  if (status.ended_at && !has_read_everything(status))
    return after(*status.ended_at, std::min(options_.interval, kSoon));
  if (status.last_end) return after(*status.last_end, options_.interval);
  std::optional<WallTime> first;
  for (const store::ArtifactInfo& info : store_.list())
    first = first ? std::min(*first, info.artifact.stored_at) : info.artifact.stored_at;
  if (!first) return std::nullopt;
  return after(*first, options_.interval);
}

/// Looks now and then all the same: wall clocks are set, first artifacts come.
std::chrono::nanoseconds Scrub::Parts::until_next() const {
  if (options_.interval.count() == 0) return options_.look_every;
  const auto next = next_at();
  const std::chrono::nanoseconds left = next ? *next - clock_.wall() : options_.interval;
  return std::min<std::chrono::nanoseconds>(options_.look_every, std::max(left, kLeastPause));
}

bool Scrub::Parts::is_due() const {
  const auto next = next_at();
  return next && clock_.wall() >= *next;
}

Status Scrub::Parts::read_everything() {
  const std::vector<Task> tasks = tasks_of(store_);
  std::uint64_t bytes = 0;
  for (const Task& task : tasks) bytes += task.artifact.size;
  report_.will_read(tasks.size(), bytes);
  log_info("scrub: {} forms, {} bytes to read", tasks.size(), bytes);

  next_read_ = clock_.steady();
  std::uint64_t done = 0;
  for (const Task& task : tasks) {
    report_.reading(task.artifact.name);
    RETURN_IF_ERROR(read_one(task));
    report_.form_done(done += task.artifact.size);
  }
  return {};
}

Status Scrub::Parts::read_one(const Task& task) {
  const Status right = check(task.artifact.sha256, task.form);
  if (right) return {};
  if (right.error().code == ErrorCode::Corrupt) return damaged(task, right.error().message);
  // Its lease was taken away for want of room: evicted.
  if (right.error().code == ErrorCode::Cancelled) return bell_->has_ended() ? right : Status();
  log_warn("scrub: {} {} could not be read: {}", task.artifact.name, task.artifact.sha256.hex(),
           right.error().message);
  report_.could_not_read();
  return {};
}

Status Scrub::Parts::check(const Sha256& sha256, store::Form form) {
  return check_form(store_, sha256, form, [this](std::uint64_t bytes) { return pace(bytes); });
}

Status Scrub::Parts::pace(std::uint64_t bytes) {
  report_.read(bytes);
  if (options_.rate > 0)
    next_read_ += std::chrono::nanoseconds(static_cast<std::int64_t>(
        1e9 * static_cast<double>(bytes) / static_cast<double>(options_.rate)));
  for (;;) {
    const auto heard = bell_->times();
    const auto left = next_read_ - clock_.steady();
    const auto pause = std::max(left, SteadyTime::duration(0));
    if (bell_->wait(heard, pause) == Bell::Heard::End)
      return fail(ErrorCode::Cancelled, "stopping");
    if (clock_.steady() >= next_read_) break;
  }
  // Time that went by otherwise, in a download say, is not made up for.
  next_read_ = std::max(next_read_, clock_.steady() - kMadeUpFor);
  return {};
}

/// What is read through a difference does not show which of the two is wrong.
Status Scrub::Parts::damaged(const Task& task, const std::string& text) {
  const auto& packed = task.artifact.packed;
  const bool is_difference = task.form == store::Form::Packed && packed->base;
  const auto keyframe = is_difference ? store_.find_artifact(*packed->base) : std::nullopt;
  if (!keyframe) return take_out(task, text);
  const Status right = check(keyframe->sha256, store::Form::Packed);
  if (!right && bell_->has_ended()) return right;
  if (!right && right.error().code == ErrorCode::Corrupt)
    return take_out({*keyframe, store::Form::Packed}, right.error().message);
  return take_out(task, text);
}

Status Scrub::Parts::take_out(const Task& task, const std::string& text) {
  const Artifact& artifact = task.artifact;
  // Who serves it may have found the same, and it may be here again.
  const auto now = store_.find_artifact(artifact.sha256);
  if (!now || content_of(*now, task.form) != content_of(artifact, task.form)) return {};
  ScrubFinding finding{.sha256 = artifact.sha256,
                       .name = artifact.name,
                       .form = task.form,
                       .text = text,
                       .found_at = clock_.wall(),
                       .state = ScrubFinding::State::Kept,
                       .error = ""};
  auto lost = store_.drop_damaged(artifact, task.form);
  if (!lost) {
    finding.state = ScrubFinding::State::Lost;
    finding.error = "it cannot be taken out: " + lost.error().message;
    report_.add(std::move(finding));
    return {};
  }
  if (!store_.find_artifact(artifact.sha256)) {
    finding.state = ScrubFinding::State::Fetching;
    if (std::ranges::find(*lost, artifact.sha256, &Artifact::sha256) == lost->end())
      lost->push_back(artifact);  // Somebody else took it out a moment ago.
  }
  report_.add(finding);
  for (const Artifact& other : *lost) {
    if (other.sha256 == artifact.sha256) continue;
    report_.add({.sha256 = other.sha256,
                 .name = other.name,
                 .form = store::Form::Packed,
                 .text = fmt::format("it was stored as a difference to {}", artifact.name),
                 .found_at = finding.found_at,
                 .state = ScrubFinding::State::Fetching,
                 .error = ""});
  }
  return fetch_again(*lost);
}

/// All at once, then waits for each.
Status Scrub::Parts::fetch_again(const std::vector<Artifact>& lost) {
  std::vector<std::unique_ptr<Refetch>> fetches;
  for (const Artifact& artifact : lost)
    fetches.push_back(
        std::make_unique<Refetch>(cache_, store_, artifact, [bell = bell_] { bell->ring(); }));
  for (std::size_t i = 0; i < lost.size(); ++i) {
    for (;;) {
      const auto heard = bell_->times();
      if (const auto outcome = fetches[i]->outcome()) {
        report_.settle(lost[i].sha256, *outcome);
        break;
      }
      if (bell_->wait(heard, options_.look_every) == Bell::Heard::End)
        return fail(ErrorCode::Cancelled, "stopping");
    }
    fetches[i].reset();
  }
  return {};
}

Scrub::Scrub(Options options, store::Store& store, Cache& cache, const Clock& clock)
    : parts_(std::make_unique<Parts>(options, store, cache, clock)) {}
Scrub::~Scrub() = default;

Status Scrub::start() {
  return parts_->start();
}
ScrubStatus Scrub::status() const {
  return parts_->status();
}

}  // namespace stagecache::cache
