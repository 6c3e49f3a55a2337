// How readers and writers come by their leases.

#include "content_state.h"
#include "stagecache/base/check.h"
#include "store_parts.h"

namespace stagecache::store {
namespace {

std::optional<Content> lease(StoreParts& parts, const Artifact& artifact, ContentId id,
                             std::uint64_t size) {
  auto held = parts.leases.acquire(id);
  if (!held) return std::nullopt;
  return Content(std::make_shared<Content::State>(
      Content::State{artifact, size, std::move(held), *parts.database}));
}

}  // namespace

std::optional<Content> StoreParts::lease_raw(const Sha256& sha256) {
  const auto entry = catalog->find(sha256);
  if (!entry) return std::nullopt;
  // None where it lies only packed, or was evicted between the two lines.
  return lease(*this, entry->artifact, entry->artifact.raw_content, entry->artifact.size);
}

/// Without names_mutex_, which is held while the disk syncs: a hit waits for no disk. A name
/// goes before its content is doomed, and a keyframe's not before its dependants'. So if
/// the artifact has the same packed form after both leases were taken as before, the second
/// is on what the first is a difference to.
std::optional<PackedContent> StoreParts::lease_packed(const Sha256& sha256) {
  for (;;) {
    const auto entry = catalog->find(sha256);
    if (!entry || !entry->artifact.packed) return std::nullopt;
    const PackedForm form = *entry->artifact.packed;
    auto content = lease(*this, entry->artifact, form.content, form.size);
    std::optional<Content> base;
    if (form.base) {
      const auto keyframe = catalog->find(*form.base);
      if (keyframe && keyframe->artifact.packed)
        base = lease(*this, keyframe->artifact, keyframe->artifact.packed->content,
                     keyframe->artifact.packed->size);
    }
    const auto after = catalog->find(sha256);
    if (!after || after->artifact.packed != form) continue;  // Changed meanwhile.
    // Only a catalog that names a keyframe which the disk has lost leads here without one.
    if (!content || (form.base && !base)) return std::nullopt;
    return PackedContent{*std::move(content), std::move(base)};
  }
}

Result<std::shared_ptr<LeaseTable::Lease>> StoreParts::new_content() {
  const auto id = catalog->new_id();
  if (!id) return std::unexpected(id.error());
  leases.add(*id);
  auto lease = leases.acquire(*id);
  CHECK(lease != nullptr);
  return lease;
}

}  // namespace stagecache::store
