#include "pack_notes.h"

#include <algorithm>
#include <string_view>

#include "stagecache/base/log.h"

namespace stagecache::cache {
namespace {

constexpr std::string_view kSketch = "sketch/";
constexpr std::string_view kUnpackable = "unpackable/";
constexpr std::string_view kNever = "never";
constexpr std::size_t kHexDigits = 64;

/// After this time an archive look will not come any more: too many waited.
constexpr std::chrono::minutes kLookPatience{10};

std::string key_of(std::string_view kind, const Sha256& sha256) {
  return std::string(kind) + sha256.hex();
}

Packable::Lies lies(const Artifact& artifact) {
  if (!artifact.packed) return Packable::Lies::Raw;
  return artifact.packed->base ? Packable::Lies::Difference : Packable::Lies::Keyframe;
}

}  // namespace

void PackNotes::load() {
  for (const auto& info : store_.list()) here_at_start_.insert(info.artifact.sha256);
  for (const auto& [key, value] : store_.blobs(std::string(kSketch))) {
    const auto sha256 = Sha256::parse(std::string_view(key).substr(kSketch.size()));
    auto sketch = pack::sketch_from(value);
    if (sha256 && sketch) sketches_[*sha256] = *std::move(sketch);
  }
  for (const auto& [key, value] : store_.blobs(std::string(kUnpackable))) {
    const auto sha256 = Sha256::parse(std::string_view(key).substr(kUnpackable.size()));
    if (!sha256) continue;
    Tried& tried = tried_[*sha256];
    tried.never = value == kNever;
    for (std::size_t at = 0; !tried.never && at + kHexDigits <= value.size(); at += kHexDigits)
      if (const auto base = Sha256::parse(std::string_view(value).substr(at, kHexDigits)))
        tried.bases.insert(*base);
  }
}

std::vector<Packable> PackNotes::survey(WallTime now) {
  auto stored = store_.list();
  forget_gone(stored);
  std::ranges::sort(stored, {}, [](const store::ArtifactInfo& info) {
    // Within one second the ids tell.
    return std::pair(info.artifact.stored_at, info.artifact.raw_content);
  });
  std::vector<Packable> all;
  for (const auto& info : stored) {
    const Artifact& artifact = info.artifact;
    const auto sketch = sketches_.find(artifact.sha256);
    const auto tried = tried_.find(artifact.sha256);
    all.push_back({.sha256 = artifact.sha256,
                   .size = artifact.size,
                   .lies = lies(artifact),
                   .raw_too = artifact.raw_content != 0,
                   .settled = artifact.archive.kind != ArchiveSummary::Kind::Unknown ||
                              here_at_start_.contains(artifact.sha256) ||
                              now - artifact.stored_at > kLookPatience,
                   .sketch = sketch == sketches_.end() ? nullptr : &sketch->second,
                   .never = tried != tried_.end() && tried->second.never,
                   .tried = tried == tried_.end() ? std::set<Sha256>() : tried->second.bases});
  }
  return all;
}

void PackNotes::note_sketch(const Sha256& sha256, pack::Sketch sketch) {
  put(key_of(kSketch, sha256), pack::to_bytes(sketch));
  sketches_[sha256] = std::move(sketch);
}

void PackNotes::note_tried(const Sha256& sha256, const Sha256& base) {
  tried_[sha256].bases.insert(base);
  write_tried(sha256);
}

void PackNotes::note_never(const Sha256& sha256) {
  tried_[sha256].never = true;
  write_tried(sha256);
}

void PackNotes::write_tried(const Sha256& sha256) {
  const Tried& tried = tried_[sha256];
  std::string value;
  if (tried.never) value = kNever;
  else
    for (const Sha256& base : tried.bases) value += base.hex();
  put(key_of(kUnpackable, sha256), value);
}

/// Bases that are gone are no obstacle when they come back: then it is the same in vain.
void PackNotes::forget_gone(const std::vector<store::ArtifactInfo>& stored) {
  std::set<Sha256> here;
  for (const auto& info : stored) here.insert(info.artifact.sha256);
  const auto forget = [&](auto& notes, std::string_view kind) {
    std::erase_if(notes, [&](const auto& entry) {
      if (here.contains(entry.first)) return false;
      put(key_of(kind, entry.first), "");
      return true;
    });
  };
  forget(sketches_, kSketch);
  forget(tried_, kUnpackable);
  std::erase_if(here_at_start_, [&](const Sha256& one) { return !here.contains(one); });
}

/// A note that is not written is found out again after the next start.
void PackNotes::put(const std::string& key, const std::string& value) {
  if (const auto written = store_.put_blob(key, value); !written)
    log_warn("packer: {}: {}", key, written.error().message);
}

}  // namespace stagecache::cache
