#include "failures.h"

#include <algorithm>

namespace stagecache::cache {
namespace {

/// What another try would at once find otherwise: the next one begins from zero.
bool is_over_with_the_next_try(ErrorCode code) {
  return code == ErrorCode::Changed;
}

std::chrono::seconds pause_after(ErrorCode code, const Failures::Entry* before,
                                 std::optional<std::chrono::seconds> retry_after) {
  if (is_over_with_the_next_try(code)) return std::chrono::seconds(0);
  auto pause = before == nullptr
                   ? Failures::kFirstPause
                   : std::clamp(2 * before->pause, Failures::kFirstPause, Failures::kLongestPause);
  // What an origin asks for is respected as long as we remember it at all.
  if (retry_after) pause = std::max(pause, std::min(*retry_after, Failures::kMemory));
  return pause;
}

}  // namespace

Asker asker_of(const Headers& headers) {
  std::size_t fields = 0;
  for (const Header& header : headers)
    fields = fields * 31 + std::hash<std::string>()(header.name) * 7 +
             std::hash<std::string>()(header.value);
  const auto accept = find_header(headers, "Accept");
  const bool is_person = accept && accept->find("text/html") != std::string_view::npos &&
                         !accept->starts_with("text/html, image/gif");
  return {.kind = is_person ? Asker::Kind::Person : Asker::Kind::Program, .fields = fields};
}

SteadyTime Failures::Entry::next_try() const {
  SteadyTime latest{};
  for (const HeldBack& kind : held_back) latest = std::max(latest, kind.next_try);
  return latest;
}

std::size_t Failures::Hash::operator()(const Name& name) const {
  const std::size_t key = std::hash<std::string>()(name.source_key);
  return name.declared ? key * 31 + std::hash<Sha256>()(*name.declared) : key;
}

Failures::News Failures::note(const Name& name, const Failed& failed, Now now) {
  if (name.source_key.size() > kMaxKeyBytes) return News::SameAsBefore;
  MutexLock lock(mutex_);
  const Entry* before = find(name, now.steady);
  const bool is_news = before == nullptr || before->error != failed.error;
  const auto pause = pause_after(failed.error.code, before, failed.retry_after);
  Entry entry{.name = name,
              .error = failed.error,
              .at = now.wall,
              .times = before == nullptr ? 1 : before->times + 1,
              // A long Retry-After says nothing about how long the next pause should be.
              .pause = std::min(pause, kLongestPause),
              .noted = now.steady,
              .held_back = before == nullptr ? std::vector<HeldBack>() : before->held_back};
  std::erase_if(entry.held_back,
                [&](const HeldBack& kind) { return kind.fields == failed.fields; });
  if (entry.held_back.size() == kMaxKinds) entry.held_back.erase(entry.held_back.begin());
  entry.held_back.push_back({.fields = failed.fields, .next_try = now.steady + pause});
  erase(name);
  entries_.push_front(std::move(entry));
  by_name_[name] = entries_.begin();
  if (entries_.size() > kMaxEntries) {
    by_name_.erase(entries_.back().name);
    entries_.pop_back();
  }
  return is_news ? News::Yes : News::SameAsBefore;
}

void Failures::forget(const Name& name) {
  MutexLock lock(mutex_);
  erase(name);
  erase({.source_key = name.source_key, .declared = std::nullopt});
}

std::optional<Failures::Entry> Failures::refusal(const Name& name, Asker asker,
                                                 SteadyTime now) const {
  MutexLock lock(mutex_);
  const Entry* entry = find(name, now);
  if (entry == nullptr) return std::nullopt;
  if (asker.kind == Asker::Kind::Person) return *entry;
  const bool is_held_back = std::ranges::any_of(entry->held_back, [&](const HeldBack& kind) {
    return kind.fields == asker.fields && now < kind.next_try;
  });
  return is_held_back ? std::optional(*entry) : std::nullopt;
}

std::optional<Failures::Entry> Failures::known(const Name& name, SteadyTime now) const {
  MutexLock lock(mutex_);
  const Entry* entry = find(name, now);
  return entry == nullptr ? std::nullopt : std::optional(*entry);
}

std::optional<Failures::Entry> Failures::latest(const std::string& source_key,
                                                SteadyTime now) const {
  MutexLock lock(mutex_);
  const auto found = std::ranges::find_if(
      entries_, [&](const Entry& entry) { return entry.name.source_key == source_key; });
  if (found == entries_.end() || now - found->noted >= kMemory) return std::nullopt;
  return *found;
}

const Failures::Entry* Failures::find(const Name& name, SteadyTime now) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end() || now - found->second->noted >= kMemory) return nullptr;
  return &*found->second;
}

void Failures::erase(const Name& name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return;
  entries_.erase(found->second);
  by_name_.erase(found);
}

}  // namespace stagecache::cache
