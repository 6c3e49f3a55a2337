// The class itself: what it counts, and its doors to the parts.

#include "cache_parts.h"

namespace stagecache::cache {

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
          .served_bytes = c.served_bytes,
          .changed = c.changed,
          .packed_hits = c.packed_hits,
          .packs = c.packs,
          .pack_failures = c.pack_failures,
          .promotions = c.promotions};
}

std::string_view to_string(PackerState::Doing doing) {
  switch (doing) {
    case PackerState::Doing::Idle: return "idle";
    case PackerState::Doing::Sketching: return "sketching";
    case PackerState::Doing::Packing: return "packing";
    case PackerState::Doing::Promoting: return "promoting";
  }
  return "idle";
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
Knowledge Cache::know(const Request& request) const {
  return parts_->know(request);
}
std::optional<std::chrono::seconds> Cache::retry_after(const Request& request) const {
  return parts_->retry_after(request);
}
void Cache::go_offline() {
  parts_->go_offline();
}
void Cache::go_online() {
  parts_->go_online();
}
Counters Cache::counters() const {
  return parts_->counters();
}
PackerState Cache::packer() const {
  return parts_->packer();
}

}  // namespace stagecache::cache
