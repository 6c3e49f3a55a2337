// Which forms artifacts have, and who needs whom.

#include <rocksdb/write_batch.h>

#include "catalog.h"
#include "keys.h"

namespace stagecache::store {

Catalog::Entry Catalog::entry_of(const Stored& stored) const {
  Entry entry{stored.artifact, stored.usage, stored.use_order,
              pins_.contains(stored.artifact.sha256)};
  if (const auto found = dependants_.find(stored.artifact.sha256); found != dependants_.end())
    entry.dependants.assign(found->second.begin(), found->second.end());
  return entry;
}

Status Catalog::set_forms(const std::vector<Forms>& changes) {
  MutexLock commit(commit_mutex_);
  rocksdb::WriteBatch batch;
  for (const Forms& change : changes) {
    auto entry = find(change.sha256);
    if (!entry) continue;
    if (change.none()) {
      batch.Delete(catalog_key(kArtifactPrefix, change.sha256));
      batch.Delete(catalog_key(kUsagePrefix, change.sha256));
    } else {
      entry->artifact.raw_content = change.raw_content;
      entry->artifact.packed = change.packed;
      batch.Put(catalog_key(kArtifactPrefix, change.sha256), encode(entry->artifact));
    }
  }
  RETURN_IF_ERROR(database_.write(batch, Database::Durability::Synced));

  MutexLock lock(mutex_);
  for (const Forms& change : changes) {
    const auto found = artifacts_.find(change.sha256);
    if (found == artifacts_.end()) continue;
    Artifact& artifact = found->second.artifact;
    artifact.raw_content = change.raw_content;
    set_packed(artifact, change.packed);
    if (!change.none()) continue;
    artifacts_.erase(found);
    used_.erase(change.sha256);
  }
  return {};
}

/// Keeps `dependants_` true.
void Catalog::set_packed(Artifact& artifact, std::optional<PackedForm> packed) {
  if (artifact.packed && artifact.packed->base) {
    const auto others = dependants_.find(*artifact.packed->base);
    others->second.erase(artifact.sha256);
    if (others->second.empty()) dependants_.erase(others);
  }
  if (packed && packed->base) dependants_[*packed->base].insert(artifact.sha256);
  artifact.packed = std::move(packed);
}

}  // namespace stagecache::store
