#include "catalog.h"

#include <rocksdb/write_batch.h>

#include <algorithm>
#include <tuple>

#include "keys.h"

namespace stagecache::store {
namespace {

/// Ids are made durable in blocks of this many, so that few fills wait for it.
constexpr ContentId kIdBlock = 1000;

/// Sources outlive their artifacts, and whoever may ask can vary a query string, so
/// their number is bounded. Those without an artifact go first, then those that no
/// operator warmed, then the longest not validated.
constexpr std::size_t kMaxSources = 20'000;

LedgerEntry binding_of(const Source& source) {
  return {.time = source.validated_at,
          .event = LedgerEvent::Stored,
          .source_key = source.key,
          .url = source.url,
          .sha256 = source.sha256,
          .strength = source.strength,
          .detail = source.published};
}

}  // namespace

std::optional<Catalog::Entry> Catalog::find(const Sha256& sha256) const {
  MutexLock lock(mutex_);
  const auto found = artifacts_.find(sha256);
  if (found == artifacts_.end()) return std::nullopt;
  return entry_of(found->second);
}

std::vector<Catalog::Entry> Catalog::list() const {
  MutexLock lock(mutex_);
  std::vector<Entry> entries;
  entries.reserve(artifacts_.size());
  for (const auto& [sha256, stored] : artifacts_) entries.push_back(entry_of(stored));
  return entries;
}

std::optional<Source> Catalog::find_source(const std::string& key) const {
  MutexLock lock(mutex_);
  const auto found = sources_.find(key);
  if (found == sources_.end()) return std::nullopt;
  return found->second;
}

std::vector<Source> Catalog::sources_of(const Sha256& sha256) const {
  MutexLock lock(mutex_);
  std::vector<Source> found;
  for (const auto& [key, source] : sources_)
    if (source.sha256 == sha256) found.push_back(source);
  std::ranges::sort(found, {}, &Source::key);
  return found;
}

std::vector<FillRecord> Catalog::fills() const {
  MutexLock lock(mutex_);
  std::vector<FillRecord> found;
  for (const auto& [id, fill] : fills_) found.push_back(fill);
  return found;
}

bool Catalog::has_fill(ContentId id) const {
  MutexLock lock(mutex_);
  return fills_.contains(id);
}

std::vector<std::pair<std::string, std::string>> Catalog::blobs(const std::string& prefix) const {
  MutexLock lock(mutex_);
  std::vector<std::pair<std::string, std::string>> found;
  for (auto it = blobs_.lower_bound(prefix); it != blobs_.end() && it->first.starts_with(prefix);
       ++it)
    found.push_back(*it);
  return found;
}

std::set<ContentId> Catalog::named_contents() const {
  MutexLock lock(mutex_);
  std::set<ContentId> ids;
  for (const auto& [sha256, stored] : artifacts_) {
    if (stored.artifact.raw_content != 0) ids.insert(stored.artifact.raw_content);
    if (stored.artifact.packed) ids.insert(stored.artifact.packed->content);
  }
  for (const auto& [id, fill] : fills_) ids.insert(id);
  return ids;
}

void Catalog::skip_ids(ContentId highest) {
  MutexLock lock(mutex_);
  next_id_ = std::max(next_id_, highest + 1);
  reserved_ids_end_ = std::max(reserved_ids_end_, next_id_);
}

Result<ContentId> Catalog::new_id() {
  MutexLock commit(commit_mutex_);
  MutexLock lock(mutex_);
  if (next_id_ >= reserved_ids_end_) {
    const ContentId end = next_id_ + kIdBlock;
    lock.unlock();
    rocksdb::WriteBatch batch;
    batch.Put(std::string(kNextIdKey), std::to_string(end));
    const auto written = database_.write(batch, Database::Durability::Synced);
    lock.lock();
    if (!written) return std::unexpected(written.error());
    reserved_ids_end_ = end;
  }
  return next_id_++;
}

Status Catalog::put_fill(const FillRecord& fill) {
  MutexLock commit(commit_mutex_);
  return write_fill(fill);
}

Status Catalog::update_fill(const FillRecord& fill) {
  MutexLock commit(commit_mutex_);
  if (!has_fill(fill.id)) return fail(ErrorCode::Cancelled, "the fill was dropped meanwhile");
  return write_fill(fill);
}

Status Catalog::write_fill(const FillRecord& fill) {
  rocksdb::WriteBatch batch;
  batch.Put(catalog_key(kFillPrefix, fill.id), encode(fill));
  RETURN_IF_ERROR(database_.write(batch, Database::Durability::Synced));
  MutexLock lock(mutex_);
  fills_[fill.id] = fill;
  return {};
}

Status Catalog::drop_fill(ContentId id) {
  MutexLock commit(commit_mutex_);
  rocksdb::WriteBatch batch;
  batch.Delete(catalog_key(kFillPrefix, id));
  RETURN_IF_ERROR(database_.write(batch, Database::Durability::Synced));
  MutexLock lock(mutex_);
  fills_.erase(id);
  return {};
}

Status Catalog::commit_fill(ContentId fill, const Artifact& artifact, const Source& source,
                            bool pin, NewArtifact is_new) {
  MutexLock commit(commit_mutex_);
  const Usage usage{.last_used = artifact.stored_at, .hits = 0};
  rocksdb::WriteBatch batch;
  if (is_new == NewArtifact::Yes) {
    batch.Put(catalog_key(kArtifactPrefix, artifact.sha256), encode(artifact));
    batch.Put(catalog_key(kUsagePrefix, artifact.sha256), encode(usage));
  }
  if (pin) batch.Put(catalog_key(kPinPrefix, artifact.sha256), "1");
  batch.Put(catalog_key(kSourcePrefix, source.key), encode(source));
  batch.Delete(catalog_key(kFillPrefix, fill));
  const auto forgotten = source_to_forget(source.key);
  if (forgotten) batch.Delete(catalog_key(kSourcePrefix, *forgotten));
  const LedgerEntry binding = binding_of(source);
  auto staged = ledger_.stage(batch, &binding);
  RETURN_IF_ERROR(database_.write(batch, Database::Durability::Synced));
  ledger_.accept(std::move(staged));

  MutexLock lock(mutex_);
  if (is_new == NewArtifact::Yes) artifacts_[artifact.sha256] = {artifact, usage, ++uses_};
  if (pin) pins_.insert(artifact.sha256);
  if (forgotten) sources_.erase(*forgotten);
  sources_[source.key] = source;
  fills_.erase(fill);
  return {};
}

/// The source that must go so that `added` may come.
std::optional<std::string> Catalog::source_to_forget(const std::string& added) const {
  MutexLock lock(mutex_);
  if (sources_.size() < kMaxSources || sources_.contains(added)) return std::nullopt;
  const auto worth = [this](const Source& source) REQUIRES(mutex_) {
    return std::tuple(artifacts_.contains(source.sha256), source.warmed, source.validated_at);
  };
  const Source* least = nullptr;
  for (const auto& [key, source] : sources_)
    if (least == nullptr || worth(source) < worth(*least)) least = &source;
  return least->key;
}

Status Catalog::put_source(const Source& source) {
  MutexLock commit(commit_mutex_);
  rocksdb::WriteBatch batch;
  const auto forgotten = source_to_forget(source.key);
  if (forgotten) batch.Delete(catalog_key(kSourcePrefix, *forgotten));
  batch.Put(catalog_key(kSourcePrefix, source.key), encode(source));
  // "Still the same" is no news.
  const auto before = find_source(source.key);
  const bool bound_anew =
      !before || before->sha256 != source.sha256 || before->strength != source.strength;
  const LedgerEntry binding = binding_of(source);
  auto staged = ledger_.stage(batch, bound_anew ? &binding : nullptr);
  RETURN_IF_ERROR(database_.write(batch, Database::Durability::Synced));
  ledger_.accept(std::move(staged));
  MutexLock lock(mutex_);
  if (forgotten) sources_.erase(*forgotten);
  sources_[source.key] = source;
  return {};
}

Status Catalog::put_archive(const Sha256& sha256, const ArchiveSummary& summary) {
  MutexLock commit(commit_mutex_);
  auto entry = find(sha256);
  if (!entry) return {};  // Evicted meanwhile: nothing to describe.
  entry->artifact.archive = summary;
  rocksdb::WriteBatch batch;
  batch.Put(catalog_key(kArtifactPrefix, sha256), encode(entry->artifact));
  RETURN_IF_ERROR(database_.write(batch, Database::Durability::Synced));
  MutexLock lock(mutex_);
  artifacts_.at(sha256).artifact.archive = summary;
  return {};
}

Status Catalog::set_pinned(const Sha256& sha256, bool pinned) {
  MutexLock commit(commit_mutex_);
  rocksdb::WriteBatch batch;
  if (pinned) batch.Put(catalog_key(kPinPrefix, sha256), "1");
  else batch.Delete(catalog_key(kPinPrefix, sha256));
  RETURN_IF_ERROR(database_.write(batch, Database::Durability::Synced));
  MutexLock lock(mutex_);
  if (pinned) pins_.insert(sha256);
  else pins_.erase(sha256);
  return {};
}

Status Catalog::put_blob(const std::string& key, const std::string& value) {
  MutexLock commit(commit_mutex_);
  rocksdb::WriteBatch batch;
  if (value.empty()) batch.Delete(catalog_key(kBlobPrefix, key));
  else batch.Put(catalog_key(kBlobPrefix, key), value);
  RETURN_IF_ERROR(database_.write(batch, Database::Durability::Synced));
  MutexLock lock(mutex_);
  if (value.empty()) blobs_.erase(key);
  else blobs_[key] = value;
  return {};
}

void Catalog::touch(const Sha256& sha256, WallTime now) {
  MutexLock lock(mutex_);
  const auto found = artifacts_.find(sha256);
  if (found == artifacts_.end()) return;
  found->second.usage.last_used = std::max(found->second.usage.last_used, now);
  ++found->second.usage.hits;
  found->second.use_order = ++uses_;
  used_.insert(sha256);
}

Status Catalog::flush_ledger() {
  MutexLock commit(commit_mutex_);
  if (!ledger_.has_waiting()) return {};
  rocksdb::WriteBatch batch;
  auto staged = ledger_.stage(batch, nullptr);
  RETURN_IF_ERROR(database_.write(batch, Database::Durability::Lazy));
  ledger_.accept(std::move(staged));
  return {};
}

Status Catalog::flush_usage() {
  MutexLock commit(commit_mutex_);
  rocksdb::WriteBatch batch;
  {
    MutexLock lock(mutex_);
    for (const Sha256& sha256 : used_)
      batch.Put(catalog_key(kUsagePrefix, sha256), encode(artifacts_.at(sha256).usage));
    used_.clear();
  }
  if (batch.Count() == 0) return {};
  return database_.write(batch, Database::Durability::Lazy);
}

}  // namespace stagecache::store
