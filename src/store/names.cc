// Changes that look at a record and then change it: pinning, the end of a fill. What
// changes an artifact's forms stands in forms.cc.

#include <fmt/format.h>

#include "store_parts.h"

namespace stagecache::store {

Status StoreParts::commit_fill(ContentId id, const Artifact& artifact, const Source& source,
                               bool pin) {
  MutexLock lock(names_mutex_);
  if (!catalog->has_fill(id)) return fail(ErrorCode::Cancelled, "the fill was dropped meanwhile");
  const bool known = catalog->find(artifact.sha256).has_value();
  RETURN_IF_ERROR(catalog->commit_fill(
      id, artifact, source, pin,
      known ? Catalog::NewArtifact::AlreadyStored : Catalog::NewArtifact::Yes));
  if (known) doom(id);
  return {};
}

/// The bytes go even where the record stays for want of room: the next start finds
/// a fill that has stored nothing, and begins it anew.
Status StoreParts::drop_fill(ContentId id) {
  MutexLock lock(names_mutex_);
  if (!catalog->has_fill(id)) return {};
  make_writable();
  const auto dropped = catalog->drop_fill(id);
  doom(id);
  return dropped;
}

Status StoreParts::set_pinned(const Sha256& sha256, bool pinned) {
  MutexLock lock(names_mutex_);
  if (!catalog->find(sha256))
    return fail(ErrorCode::NotFound, fmt::format("{} is not stored", sha256.hex()));
  return catalog->set_pinned(sha256, pinned);
}

}  // namespace stagecache::store
