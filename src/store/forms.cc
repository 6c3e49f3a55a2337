// Changes of the forms in which artifacts lie: eviction, removal, damage, a new form.
// Each looks at the records, then writes one batch, then dooms what has lost its name.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "stagecache/base/check.h"
#include "stagecache/base/log.h"
#include "store_parts.h"

namespace stagecache::store {

/// Changes that become one batch, and what of it has no name afterwards. Each artifact is
/// looked up once, at its first change.
class StoreParts::FormChanges {
 public:
  explicit FormChanges(const Catalog& catalog) : catalog_(catalog) {}

  void drop(const Sha256& sha256, Form form) {
    Change* const change = find(sha256);
    if (change == nullptr) return;
    ContentId id = 0;
    if (form == Form::Raw) id = std::exchange(change->after.raw_content, 0);
    else if (const auto packed = std::exchange(change->after.packed, {})) id = packed->content;
    if (id != 0) unnamed_.push_back(id);
  }
  void set_raw(const Sha256& sha256, ContentId content) {
    find(sha256)->after.raw_content = content;
  }
  void set_packed(const Sha256& sha256, PackedForm packed) { find(sha256)->after.packed = packed; }

  /// As it will be; null for what is not stored.
  const Catalog::Forms* after(const Sha256& sha256) {
    Change* const change = find(sha256);
    return change == nullptr ? nullptr : &change->after;
  }
  bool empty() const { return unnamed_.empty(); }
  std::vector<Catalog::Forms> forms() const {
    std::vector<Catalog::Forms> forms;
    for (const auto& [sha256, change] : changes_)
      if (change.changed()) forms.push_back(change.after);
    return forms;
  }
  /// Artifacts that go, as they were.
  std::vector<Artifact> removed() const {
    std::vector<Artifact> removed;
    for (const auto& [sha256, change] : changes_)
      if (change.after.none()) removed.push_back(change.before);
    return removed;
  }
  const std::vector<ContentId>& unnamed() const { return unnamed_; }

 private:
  struct Change {
    Artifact before;
    Catalog::Forms after;

    bool changed() const {
      return after.raw_content != before.raw_content || after.packed != before.packed;
    }
  };

  Change* find(const Sha256& sha256) {
    if (const auto known = changes_.find(sha256); known != changes_.end()) return &known->second;
    auto entry = catalog_.find(sha256);
    if (!entry) return nullptr;
    const Catalog::Forms now{sha256, entry->artifact.raw_content, entry->artifact.packed};
    return &changes_.emplace(sha256, Change{std::move(entry->artifact), now}).first->second;
  }

  const Catalog& catalog_;
  std::map<Sha256, Change> changes_;
  std::vector<ContentId> unnamed_;
};

Status StoreParts::apply(const FormChanges& changes) {
  RETURN_IF_ERROR(catalog->set_forms(changes.forms()));
  for (const Artifact& artifact : changes.removed())
    log_info("removed {} {} ({} bytes)", artifact.name, artifact.sha256.hex(), artifact.size);
  for (const ContentId id : changes.unnamed()) doom(id);
  return {};
}

/// Between the choice and now an artifact may have been pinned, kept, or become another's
/// keyframe: then it is passed over.
Status StoreParts::evict_forms(const std::vector<Victim>& victims) {
  MutexLock lock(names_mutex_);
  FormChanges changes(*catalog);
  const auto is_needed = [&](const Catalog::Entry& entry) {
    return std::ranges::any_of(entry.dependants, [&](const Sha256& dependant) {
      const auto* const after = changes.after(dependant);
      return after != nullptr && after->packed;
    });
  };
  for (const auto& [sha256, form] : victims) {
    const auto entry = catalog->find(sha256);
    if (!entry || kept_.contains(sha256)) continue;
    if (form == Form::Packed && is_needed(*entry)) continue;
    const auto* const now = changes.after(sha256);
    const bool keeps_another = form == Form::Raw ? now->packed.has_value() : now->raw_content != 0;
    if (entry->pinned && !keeps_another) continue;
    changes.drop(sha256, form);
  }
  if (changes.empty()) return {};
  make_writable();
  RETURN_IF_ERROR(apply(changes));
  evictions += changes.removed().size();
  return {};
}

Status StoreParts::remove(const Sha256& sha256) {
  MutexLock lock(names_mutex_);
  const auto entry = catalog->find(sha256);
  if (!entry) return fail(ErrorCode::NotFound, fmt::format("{} is not stored", sha256.hex()));
  if (entry->pinned)
    return fail(ErrorCode::Conflict, fmt::format("{} ({}) is pinned; unpin it first",
                                                 entry->artifact.name, sha256.hex()));
  if (!entry->dependants.empty()) {
    std::vector<std::string> names;
    for (const Sha256& dependant : entry->dependants)
      names.push_back(
          fmt::format("{} ({})", catalog->find(dependant)->artifact.name, dependant.hex()));
    return fail(
        ErrorCode::Conflict,
        fmt::format("{} ({}) is needed: stored as differences to it are {}; remove those first",
                    entry->artifact.name, sha256.hex(), fmt::join(names, ", ")));
  }
  FormChanges changes(*catalog);
  changes.drop(sha256, Form::Raw);
  changes.drop(sha256, Form::Packed);
  make_writable();
  return apply(changes);
}

Status StoreParts::drop_form(const Sha256& sha256, Form form) {
  MutexLock lock(names_mutex_);
  const auto entry = catalog->find(sha256);
  if (!entry) return fail(ErrorCode::NotFound, fmt::format("{} is not stored", sha256.hex()));
  const Artifact& artifact = entry->artifact;
  if (content_of(artifact, form) == 0) return {};
  const Form other = form == Form::Raw ? Form::Packed : Form::Raw;
  if (content_of(artifact, other) == 0 || (form == Form::Packed && !entry->dependants.empty()))
    return fail(ErrorCode::Conflict,
                fmt::format("{} ({}): its {} form is all there is of it, or of "
                            "differences to it",
                            artifact.name, sha256.hex(), to_string(form)));
  FormChanges changes(*catalog);
  changes.drop(sha256, form);
  make_writable();
  return apply(changes);
}

Result<std::vector<Artifact>> StoreParts::drop_damaged(const Artifact& seen, Form damaged) {
  MutexLock lock(names_mutex_);
  const auto entry = catalog->find(seen.sha256);
  if (!entry || content_of(entry->artifact, damaged) != content_of(seen, damaged))
    return std::vector<Artifact>();
  FormChanges changes(*catalog);
  changes.drop(seen.sha256, damaged);
  if (damaged == Form::Packed)
    for (const Sha256& dependant : entry->dependants) changes.drop(dependant, Form::Packed);
  if (changes.empty()) return std::vector<Artifact>();
  make_writable();
  if (auto applied = apply(changes); !applied) return error_of(std::move(applied));
  return changes.removed();
}

void StoreParts::keep_from_eviction(const std::vector<Sha256>& artifacts) {
  MutexLock lock(names_mutex_);
  kept_.insert(artifacts.begin(), artifacts.end());
}

void StoreParts::unkeep(const std::vector<Sha256>& artifacts) {
  MutexLock lock(names_mutex_);
  for (const Sha256& sha256 : artifacts) kept_.erase(kept_.find(sha256));
}

Status StoreParts::commit_form(const NewForm& form) {
  MutexLock lock(names_mutex_);
  const auto entry = catalog->find(form.sha256);
  if (!entry) return fail(ErrorCode::NotFound, fmt::format("{} is not stored", form.sha256.hex()));
  const Artifact& artifact = entry->artifact;
  if (form.form == Form::Raw ? artifact.raw_content != 0 : artifact.packed.has_value())
    return fail(ErrorCode::Conflict, fmt::format("{} has that form already", form.sha256.hex()));
  FormChanges changes(*catalog);
  if (form.form == Form::Raw) {
    if (form.size != artifact.size)
      return fail(ErrorCode::Corrupt, fmt::format("a raw form of {} bytes, the artifact has {}",
                                                  form.size, artifact.size));
    changes.set_raw(form.sha256, form.content);
    return apply(changes);
  }
  if (form.base) {
    const auto base = catalog->find(*form.base);
    if (!base || !base->artifact.packed || base->artifact.packed->base ||
        base->artifact.packed->content != form.base_content)
      return fail(ErrorCode::Conflict,
                  fmt::format("{} is no longer the keyframe that it was", form.base->hex()));
  }
  changes.set_packed(form.sha256, {form.content, form.size, form.base});
  if (form.raw_form == FormWriter::RawForm::Drop) changes.drop(form.sha256, Form::Raw);
  return apply(changes);
}

}  // namespace stagecache::store
