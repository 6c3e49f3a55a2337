// Reading the catalog at start, and writing it anew after a reopen.

#include <fmt/format.h>
#include <rocksdb/write_batch.h>

#include <charconv>

#include "catalog.h"
#include "keys.h"

namespace stagecache::store {
namespace {

constexpr std::uint64_t kFormatVersion = 1;

Result<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || stop != text.data() + text.size())
    return fail(ErrorCode::Corrupt, fmt::format("'{}' is no number", text));
  return number;
}

}  // namespace

Status Catalog::check_format() {
  const auto read = database_.get(kFormatKey);
  if (!read) return std::unexpected(read.error());
  const auto& format = *read;
  if (!format) {
    rocksdb::WriteBatch batch;
    batch.Put(std::string(kFormatKey), std::to_string(kFormatVersion));
    return database_.write(batch, Database::Durability::Synced);
  }
  const auto version = parse_number(*format);
  if (!version) return std::unexpected(version.error());
  if (*version > kFormatVersion)
    return fail(ErrorCode::TooNew,
                fmt::format("the store has format {}, this program reads up to {}; start the newer "
                            "stagecache again, or give this one another [store] path",
                            *version, kFormatVersion));
  return {};
}

Status Catalog::load() {
  RETURN_IF_ERROR(check_format());
  RETURN_IF_ERROR(ledger_.load());
  MutexLock lock(mutex_);
  const auto text = database_.get(kNextIdKey);
  if (!text) return std::unexpected(text.error());
  if (*text) {
    const auto next = parse_number(**text);
    if (!next) return std::unexpected(next.error());
    next_id_ = reserved_ids_end_ = *next;
  }
  RETURN_IF_ERROR(load_artifacts());
  RETURN_IF_ERROR(load_usage());
  return load_others();
}

// The lambdas below run inside for_each, under the caller's lock, which the
// analysis does not see: they write to locals only.

Status Catalog::load_artifacts() {
  std::unordered_map<Sha256, Stored> loaded;
  RETURN_IF_ERROR(database_.for_each(kArtifactPrefix,
                                     [&loaded](std::string_view, std::string_view value) -> Status {
                                       auto artifact = decode_artifact(value);
                                       if (!artifact) return error_of(std::move(artifact));
                                       const Sha256 sha256 = artifact->sha256;
                                       loaded[sha256] = {.artifact = *std::move(artifact)};
                                       return {};
                                     }));
  artifacts_ = std::move(loaded);
  dependants_.clear();
  for (const auto& [sha256, stored] : artifacts_)
    if (const auto& packed = stored.artifact.packed; packed && packed->base)
      dependants_[*packed->base].insert(sha256);
  return {};
}

Status Catalog::load_usage() {
  std::unordered_map<Sha256, Usage> loaded;
  RETURN_IF_ERROR(database_.for_each(
      kUsagePrefix, [&loaded](std::string_view key, std::string_view value) -> Status {
        const auto sha256 = Sha256::parse(key);
        const auto usage = decode_usage(value);
        if (!sha256) return std::unexpected(sha256.error());
        if (!usage) return std::unexpected(usage.error());
        loaded[*sha256] = *usage;
        return {};
      }));
  for (auto& [sha256, stored] : artifacts_)
    if (const auto usage = loaded.find(sha256); usage != loaded.end()) stored.usage = usage->second;
  return {};
}

Status Catalog::load_others() {
  std::unordered_set<Sha256> pins;
  std::unordered_map<std::string, Source> sources;
  std::map<ContentId, FillRecord> fills;
  std::map<std::string, std::string> blobs;
  RETURN_IF_ERROR(database_.for_each(kPinPrefix, [&pins](auto key, auto) -> Status {
    const auto sha256 = Sha256::parse(key);
    if (!sha256) return std::unexpected(sha256.error());
    pins.insert(*sha256);
    return {};
  }));
  RETURN_IF_ERROR(database_.for_each(kSourcePrefix, [&sources](auto key, auto value) -> Status {
    auto source = decode_source(value);
    if (!source) return error_of(std::move(source));
    sources[std::string(key)] = *std::move(source);
    return {};
  }));
  RETURN_IF_ERROR(database_.for_each(kFillPrefix, [&fills](auto, auto value) -> Status {
    auto fill = decode_fill(value);
    if (!fill) return error_of(std::move(fill));
    const ContentId id = fill->id;
    fills[id] = *std::move(fill);
    return {};
  }));
  RETURN_IF_ERROR(database_.for_each(kBlobPrefix, [&blobs](auto key, auto value) -> Status {
    blobs[std::string(key)] = std::string(value);
    return {};
  }));
  pins_ = std::move(pins);
  sources_ = std::move(sources);
  fills_ = std::move(fills);
  blobs_ = std::move(blobs);
  return {};
}

Status Catalog::rewrite() {
  MutexLock commit(commit_mutex_);
  rocksdb::WriteBatch batch;
  // Every prefix is a letter and a slash. The ledger lies on the disk alone; what a
  // failed write has left there is true, and is overwritten by the next entries.
  batch.DeleteRange("a", std::string(kLedgerPrefix));
  batch.DeleteRange("m", "z");
  {
    MutexLock lock(mutex_);
    batch.Put(std::string(kFormatKey), std::to_string(kFormatVersion));
    batch.Put(std::string(kNextIdKey), std::to_string(reserved_ids_end_));
    for (const auto& [sha256, stored] : artifacts_) {
      batch.Put(catalog_key(kArtifactPrefix, sha256), encode(stored.artifact));
      batch.Put(catalog_key(kUsagePrefix, sha256), encode(stored.usage));
    }
    for (const Sha256& sha256 : pins_) batch.Put(catalog_key(kPinPrefix, sha256), "1");
    for (const auto& [key, source] : sources_)
      batch.Put(catalog_key(kSourcePrefix, key), encode(source));
    for (const auto& [id, fill] : fills_) batch.Put(catalog_key(kFillPrefix, id), encode(fill));
    for (const auto& [key, value] : blobs_) batch.Put(catalog_key(kBlobPrefix, key), value);
  }
  return database_.write(batch, Database::Durability::Synced);
}

}  // namespace stagecache::store
