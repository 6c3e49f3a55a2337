// One fill a source: joining, starting, resuming, giving up.

#include <fmt/format.h>

#include "cache_parts.h"
#include "stagecache/base/log.h"

namespace stagecache::cache {
namespace {

/// Reads of 512 KiB that wait for a thread; each belongs to a connection, and
/// those are bounded, too.
constexpr std::size_t kReadQueue = 16'384;
constexpr std::size_t kLookQueue = 10'000;

/// Two requests may share a fill when they agree on what must come out; a digest
/// that only one of them demands is checked for that one. One that has ended says
/// no more than the store does.
bool can_share(const Fill& running, const FillOrder& wanted) {
  const Fill::View view = running.view();
  const bool runs = view.phase == Fill::Phase::Asking || view.phase == Fill::Phase::Filling;
  const auto& declared = running.order().declared;
  const bool agree = !declared || !wanted.declared || *declared == *wanted.declared;
  return runs && agree && !wanted.unshared && view.first_readable == 0;
}

}  // namespace

Cache::Parts::Parts(Options options, store::Store& store, upstream::Upstream& upstream,
                    const Clock& clock)
    : clock_(clock),
      readers_({.name = "cache-reader", .threads = options.readers, .queue_limit = kReadQueue}),
      context_{.options = options,
               .store = store,
               .upstream = upstream,
               .clock = clock,
               .readers = readers_,
               .counters = {},
               .on_damaged = [this](const Sha256& sha256) { refill_damaged(sha256); },
               .drop_idle_fill = [this] { return drop_idle_fill(); }},
      lookers_({.name = "archive-look", .threads = 1, .queue_limit = kLookQueue}),
      fill_pool_({.name = "fill", .threads = options.fills, .queue_limit = options.fill_queue}) {
  store.on_writable([this] { resume_unfinished(); });
  resume_unfinished();
}

Cache::Parts::~Parts() {
  context_.store.on_writable({});
  stop_.request_stop();
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
    if (!order.resumes && !order.unshared) order.resumes = unfinished(order);
    if (order.resumes && !active_.insert(order.resumes->id).second) order.resumes.reset();
    joined = {.fill = std::make_shared<Fill>(context_, std::move(order)), .started = true};
    if (!joined.fill->order().unshared) fills_[joined.fill->order().key] = joined.fill;
  }
  if (!start(joined.fill))
    return fail(ErrorCode::Busy, "too many downloads wait already; try again in a moment");
  return joined;
}

bool Cache::Parts::start(const std::shared_ptr<Fill>& fill) {
  if (fill_pool_.try_post([this, fill] { run(fill); })) return true;
  fill->abandon({ErrorCode::Busy, "too many downloads wait already"});
  MutexLock lock(mutex_);
  if (fill->order().resumes) active_.erase(fill->order().resumes->id);
  const auto mine = fills_.find(fill->order().key);
  if (mine != fills_.end() && mine->second == fill) fills_.erase(mine);
  return false;
}

void Cache::Parts::run(const std::shared_ptr<Fill>& fill) {
  fill->run(stop_.get_token());
  {
    MutexLock lock(mutex_);
    if (fill->order().resumes) active_.erase(fill->order().resumes->id);
    const auto mine = fills_.find(fill->order().key);
    if (mine != fills_.end() && mine->second == fill) fills_.erase(mine);
  }
  const auto view = fill->view();
  if (view.phase != Fill::Phase::Verified || !view.sha256) return;
  if (const auto artifact = context_.store.find_artifact(*view.sha256)) look_later(*artifact);
}

/// The unfinished fill that this order can go on with.
std::optional<store::FillRecord> Cache::Parts::unfinished(const FillOrder& order) const {
  for (const store::FillRecord& record : context_.store.unfinished_fills())
    if (record.source_key == order.key && record.declared == order.declared) return record;
  return std::nullopt;
}

void Cache::Parts::resume_unfinished() {
  if (context_.options.offline) return;
  for (const store::FillRecord& record : context_.store.unfinished_fills()) {
    {
      MutexLock lock(mutex_);
      if (active_.contains(record.id) || fills_.contains(record.source_key)) continue;
    }
    const auto url = Url::parse(record.url);
    auto admitted = url ? context_.upstream.policy().admit(*url) : Result<Url>(std::unexpected(url.error()));
    if (!admitted) {
      log_warn("unfinished fill {}: {}", record.source_key, admitted.error().message);
      if (const auto dropped = context_.store.drop_fill(record.id); !dropped)
        log_warn("unfinished fill {}: {}", record.source_key, dropped.error().message);
      continue;
    }
    const auto joined = join({.key = record.source_key,
                              .url = *std::move(admitted),
                              .declared = record.declared,
                              .warmed = record.warmed,
                              .pin = record.pin,
                              .headers = record.headers,
                              .resumes = record});
    if (!joined) log_warn("unfinished fill {}: {}", record.source_key, joined.error().message);
  }
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

void Cache::Parts::refill_damaged(const Sha256& sha256) {
  log_error("artifact {} is damaged on the disk: taken out and fetched again", sha256.hex());
  if (const auto dropped = context_.store.drop_damaged(sha256); !dropped)
    log_warn("artifact {}: {}", sha256.hex(), dropped.error().message);
  open({.source = std::nullopt, .sha256 = sha256, .headers = {}}, [sha256](auto body) {
    if (!body) log_warn("refill of {}: {}", sha256.hex(), body.error().message);
  });
}

Counters Cache::Parts::counters() const {
  const AtomicCounters& c = context_.counters;
  return {.hits = c.hits,
          .misses = c.misses,
          .follows = c.follows,
          .passes = c.passes,
          .stale = c.stale,
          .fills = c.fills,
          .fill_failures = c.fill_failures,
          .fills_resumed = c.fills_resumed,
          .fills_running = c.fills_running,
          .served_bytes = c.served_bytes};
}

Cache::Cache(Options options, store::Store& store, upstream::Upstream& upstream, const Clock& clock)
    : parts_(std::make_unique<Parts>(options, store, upstream, clock)) {}
Cache::~Cache() = default;

void Cache::open(Request request, OnBody on_body) {
  parts_->open(std::move(request), std::move(on_body));
}
Result<Artifact> Cache::ensure(const Want& want,
                               const std::function<void(const Progress&)>& on_progress,
                               std::stop_token stop) {
  return parts_->ensure(want, on_progress, std::move(stop));
}
Counters Cache::counters() const { return parts_->counters(); }

}  // namespace stagecache::cache
