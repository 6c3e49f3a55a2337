// One fill a source: joining, starting, resuming, giving up.

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "cache_parts.h"
#include "failure_notes.h"
#include "freshness.h"
#include "stagecache/base/log.h"
#include "stagecache/model/shown.h"

namespace stagecache::cache {
namespace {

/// Reads of 512 KiB that wait for a thread; each belongs to a connection, and
/// those are bounded, too.
constexpr std::size_t kReadQueue = 16'384;
constexpr std::size_t kLookQueue = 10'000;

/// A segment is rebuilt on one core.
std::size_t cores() {
  return std::max(1u, std::thread::hardware_concurrency());
}
/// As often as a fast fill wakes its followers.
constexpr std::chrono::milliseconds kPulse{20};

/// Two requests may share a fill when they agree on what must come out; a digest
/// that only one of them demands is checked for that one. One that has ended says
/// no more than the store does.
bool can_share(const Fill& running, const FillOrder& wanted) {
  const Fill::View view = running.view();
  if (!selects(view.vary, wanted.headers)) return false;
  const bool runs = view.phase == Fill::Phase::Asking || view.phase == Fill::Phase::Filling;
  const auto& declared = running.order().declared;
  const bool agree = !declared || !wanted.declared || *declared == *wanted.declared;
  // A "not modified" would be about bytes that this one does not want.
  const auto& asks_about = running.order().stored;
  const bool other = asks_about && wanted.declared && asks_about->sha256 != *wanted.declared;
  return runs && agree && !other && !wanted.unshared && view.first_readable == 0;
}

/// The fill found that what is stored is to be served, and still compares what the
/// origin has now: nobody need ask a second time. A 304, in contrast, is only for those
/// who looked before it came (`ended_meanwhile`); who looks later may have to ask again.
bool settled_for(const Fill& running, const FillOrder& wanted) {
  return running.reached().comparing && !wanted.unshared &&
         (!wanted.declared || *wanted.declared == running.order().stored->sha256);
}

}  // namespace

Cache::Parts::Parts(Options options, store::Store& store, upstream::Upstream& upstream,
                    const Clock& clock)
    : clock_(clock),
      context_{.options = options,
               .store = store,
               .upstream = upstream,
               .clock = clock,
               .readers = readers_,
               .checksum_pool = checksum_pool_,
               .pulse = pulse_,
               .unpackers = unpackers_,
               .packed_readers = packed_readers_,
               .segments = segments_,
               .counters = {},
               .failures = {},
               .on_damaged = [this](const Artifact& artifact,
                                    store::Form form) { refill_damaged_later(artifact, form); },
               .on_whole_hit = [this](const Sha256& sha256) { packer_.note_whole_hit(sha256); },
               .drop_idle_fill = [this] { return drop_idle_fill(); }},
      pulse_(kPulse),
      packed_readers_({.slice_bytes = options.keyframe_bytes, .idle_desks = cores()}),
      segments_({.bytes = options.segment_bytes, .read_aheads = 2 * cores()}, unpackers_),
      unpackers_({.name = "unpack", .threads = cores(), .queue_limit = kReadQueue}),
      packer_(context_),
      readers_({.name = "cache-reader", .threads = options.readers, .queue_limit = kReadQueue}),
      lookers_({.name = "archive-look", .threads = 1, .queue_limit = kLookQueue}),
      // A thread a fill: a body that is all there must not wait for others' look-ups.
      checksum_pool_(
          {.name = "checksum", .threads = options.fills, .queue_limit = options.fill_queue}),
      fill_pool_({.name = "fill", .threads = options.fills, .queue_limit = options.fill_queue}) {
  store.on_writable([this] { resume_unfinished(); });
  resume_unfinished();
  packer_.start();
}

/// From here on no fill begins, whoever asks; then the pools end, the fills first.
Cache::Parts::~Parts() {
  context_.store.on_writable({});
  {
    MutexLock lock(mutex_);
    ending_ = true;
  }
  stop_.request_stop();
  packer_.stop();
}

Result<Cache::Parts::Joined> Cache::Parts::join(FillOrder order) {
  Joined joined;
  {
    MutexLock lock(mutex_);
    const auto running = fills_.find(order.key);
    if (running != fills_.end() && can_share(*running->second, order)) {
      if (order.pin) running->second->ask_to_pin();
      return Joined{.fill = running->second, .started = false};
    }
    if (running != fills_.end() && settled_for(*running->second, order)) return Joined{};
    if (ended_meanwhile(order)) return Joined{};
    if (context_.upstream.offline())
      return std::unexpected(context_.upstream.offline_error(order.url));
    if (auto known = remembered_failure(context_, order)) return std::unexpected(*std::move(known));
    const bool only_resumes = order.resumes.has_value();
    if (!order.unshared) order.resumes = unfinished(order);
    if (only_resumes && !order.resumes) return Joined{};
    if (order.resumes) active_.insert(order.resumes->id);
    joined = {.fill = std::make_shared<Fill>(context_, std::move(order)), .started = true};
    if (!joined.fill->order().unshared) fills_[joined.fill->order().key] = joined.fill;
  }
  if (!start(joined.fill))
    return fail(ErrorCode::Busy, "too many downloads wait already; try again in a moment");
  return joined;
}

/// Whether what is ordered was stored since the one who orders looked. A fill is
/// stored before it leaves fills_, so under the mutex one of the two shows it.
bool Cache::Parts::ended_meanwhile(const FillOrder& order) const {
  if (order.unshared) return false;
  if (order.declared) return context_.store.find_artifact(*order.declared).has_value();
  const auto now = context_.store.find_source(order.key);
  if (!now || !context_.store.find_artifact(now->sha256)) return false;
  return !order.seen || order.seen->sha256 != now->sha256 ||
         order.seen->validated_at != now->validated_at;
}

bool Cache::Parts::start(const std::shared_ptr<Fill>& fill) {
  {
    MutexLock lock(mutex_);
    if (!ending_ && fill_pool_.try_post([this, fill] { run(fill); })) return true;
    forget(*fill);
  }
  fill->abandon({ErrorCode::Busy, "too many downloads wait already"});
  return false;
}

void Cache::Parts::forget(const Fill& fill) {
  if (fill.order().resumes) active_.erase(fill.order().resumes->id);
  const auto mine = fills_.find(fill.order().key);
  if (mine != fills_.end() && mine->second.get() == &fill) fills_.erase(mine);
}

void Cache::Parts::run(const std::shared_ptr<Fill>& fill) {
  const std::uint64_t times_online = times_online_;
  fill->run(stop_.get_token());
  {
    MutexLock lock(mutex_);
    forget(*fill);
  }
  if (times_online != times_online_) resume_unfinished();  // Nobody could while it ended.
  const auto view = fill->view();
  if (view.phase != Fill::Phase::Verified || !view.sha256) return;
  if (const auto artifact = context_.store.find_artifact(*view.sha256)) look_later(*artifact);
}

/// The unfinished fill that this order can go on with; nobody else does.
std::optional<store::FillRecord> Cache::Parts::unfinished(const FillOrder& order) const {
  for (const store::FillRecord& record : context_.store.unfinished_fills())
    if (record.source_key == order.key && record.declared == order.declared &&
        !active_.contains(record.id))
      return record;
  return std::nullopt;
}

void Cache::Parts::resume_unfinished() {
  if (context_.upstream.offline()) return;
  for (const store::FillRecord& record : context_.store.unfinished_fills()) {
    {
      MutexLock lock(mutex_);
      if (ending_) return;
      if (active_.contains(record.id) || fills_.contains(record.source_key)) continue;
    }
    resume(record);
  }
}

void Cache::Parts::resume(const store::FillRecord& record) {
  const auto url = Url::parse(record.url);
  auto admitted =
      url ? context_.upstream.policy().admit(*url) : Result<Url>(std::unexpected(url.error()));
  if (!admitted) {
    log_warn("unfinished fill {}: {}", shown(record.source_key), admitted.error().message);
    return drop_unused(record);
  }
  FillOrder order{.key = record.source_key,
                  .url = *std::move(admitted),
                  .declared = record.declared,
                  .warmed = record.warmed,
                  .pin = record.pin,
                  .headers = record.headers,
                  .resumes = record};
  const auto source = context_.store.find_source(order.key);
  if (source && context_.store.find_artifact(source->sha256)) order.seen = order.stored = source;
  const auto joined = join(std::move(order));
  if (!joined) log_warn("unfinished fill {}: {}", shown(record.source_key), joined.error().message);
  if (joined && !joined->fill) drop_unused(record);
}

/// Nobody needs it any more, or nobody may ask for it.
void Cache::Parts::drop_unused(const store::FillRecord& record) {
  {
    MutexLock lock(mutex_);
    if (active_.contains(record.id)) return;
  }
  if (const auto dropped = context_.store.drop_fill(record.id); !dropped)
    log_warn("unfinished fill {}: {}", shown(record.source_key), dropped.error().message);
}

bool Cache::Parts::drop_idle_fill() {
  for (const store::FillRecord& record : context_.store.unfinished_fills()) {
    {
      MutexLock lock(mutex_);
      if (active_.contains(record.id) || fills_.contains(record.source_key)) continue;
    }
    if (context_.store.drop_fill(record.id)) return true;
  }
  return false;
}

}  // namespace stagecache::cache
