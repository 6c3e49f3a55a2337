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
  const auto accept = find_header(headers, "Accept");
  const bool is_person = accept && accept->find("text/html") != std::string_view::npos &&
                         !accept->starts_with("text/html, image/gif");
  return is_person ? Asker::Person : Asker::Program;
}

std::size_t Failures::Hash::operator()(const Name& name) const {
  const std::size_t key = std::hash<std::string>()(name.source_key);
  return name.declared ? key * 31 + std::hash<Sha256>()(*name.declared) : key;
}

void Failures::note(const Name& name, const Error& error,
                    std::optional<std::chrono::seconds> retry_after, Now now) {
  MutexLock lock(mutex_);
  const Entry* before = find(name, now.steady);
  Entry entry{.name = name,
              .error = error,
              .at = now.wall,
              .times = before == nullptr ? 1 : before->times + 1,
              .pause = pause_after(error.code, before, retry_after),
              .noted = now.steady};
  entry.next_try = now.steady + entry.pause;
  // A long Retry-After says nothing about how long the next pause should be.
  entry.pause = std::min(entry.pause, kLongestPause);
  erase(name);
  entries_.push_front(std::move(entry));
  by_name_[name] = entries_.begin();
  if (entries_.size() <= kMaxEntries) return;
  by_name_.erase(entries_.back().name);
  entries_.pop_back();
}

void Failures::forget(const Name& name) {
  MutexLock lock(mutex_);
  erase(name);
  erase({.source_key = name.source_key, .declared = std::nullopt});
}

std::optional<Failures::Entry> Failures::refusal(const Name& name, Asker asker,
                                                 SteadyTime now) const {
  MutexLock lock(mutex_);
  const Entry* known = find(name, now);
  if (known == nullptr) return std::nullopt;
  if (asker == Asker::Program && now >= known->next_try) return std::nullopt;
  return *known;
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
