#include "stagecache/store/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>

#include "filling_state.h"
#include "stagecache/base/check.h"
#include "stagecache/base/file_system.h"
#include "store_parts.h"

namespace stagecache::store {
namespace {

/// One daemon a store. The lock goes with the process, however it ends.
Result<int> lock_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return std::unexpected(errno_error("make " + folder.string(), error.value()));
  const std::string name = (folder / "lock").string();
  const int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return std::unexpected(errno_error("open " + name, errno));
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return file;
  ::close(file);
  return fail(ErrorCode::Conflict,
              fmt::format("{} is in use by another stagecache; stop it, or give this one another "
                          "[store] path",
                          folder.string()));
}

/// How many bytes of a fill's pieces follow each other from its beginning. All chunks
/// but the last of a content are whole; where the size is known, so is the last.
/// Fails with Corrupt when pieces are missing or there are more than that.
Result<std::uint64_t> stored_prefix(const std::vector<PieceFile>& pieces,
                                    const FillRecord& record) {
  std::vector<PieceFile> own;
  for (const PieceFile& piece : pieces)
    if (piece.first.id == record.id) own.push_back(piece);
  std::ranges::sort(own, {}, [](const PieceFile& piece) { return piece.first.chunk; });
  std::uint64_t chunks = 0;
  for (const PieceFile& piece : own) {
    if (piece.first.chunk != chunks)
      return fail(ErrorCode::Corrupt,
                  fmt::format("chunk {} of the unfinished fill is missing", chunks));
    chunks = piece.last.chunk + std::uint64_t{1};
  }
  const std::uint64_t bytes = chunks * kChunkBytes;
  if (!record.size || bytes <= *record.size) return bytes;
  if (bytes - *record.size < kChunkBytes) return *record.size;
  return fail(ErrorCode::Corrupt, "the unfinished fill has more bytes than its size");
}

}  // namespace

Store::Store(std::unique_ptr<StoreParts> parts) : parts_(std::move(parts)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(Options options) {
  CHECK(options.clock != nullptr);
  const auto lock = lock_folder(options.path);
  if (!lock) return std::unexpected(lock.error());
  auto parts = std::make_unique<StoreParts>(std::move(options), *lock);
  if (auto started = parts->start(); !started)
    return std::unexpected(
        std::move(started).error().in(fmt::format("store {}", parts->options.path.string())));
  return std::unique_ptr<Store>(new Store(std::move(parts)));
}

Result<std::optional<Content>> Store::content(const Sha256& sha256) {
  return parts_->lease_raw(sha256);
}
Result<std::optional<PackedContent>> Store::packed(const Sha256& sha256) {
  return parts_->lease_packed(sha256);
}

void Store::touch(const Sha256& sha256) {
  parts_->catalog->touch(sha256, parts_->options.clock->wall());
}

std::optional<Artifact> Store::find_artifact(const Sha256& sha256) const {
  auto entry = parts_->catalog->find(sha256);
  if (!entry) return std::nullopt;
  return std::move(entry->artifact);
}

namespace {

ArtifactInfo to_info(const StoreParts& parts, Catalog::Entry entry) {
  const Artifact& artifact = entry.artifact;
  const std::uint64_t raw = parts.ledger.bytes_of(artifact.raw_content);
  const std::uint64_t packed =
      artifact.packed ? parts.ledger.bytes_of(artifact.packed->content) : 0;
  return {.artifact = std::move(entry.artifact),
          .stored_bytes = raw + packed,
          .raw_bytes = raw,
          .packed_bytes = packed,
          .dependants = std::move(entry.dependants),
          .pinned = entry.pinned,
          .last_used = entry.usage.last_used,
          .hits = entry.usage.hits};
}

}  // namespace

std::optional<ArtifactInfo> Store::info(const Sha256& sha256) const {
  auto entry = parts_->catalog->find(sha256);
  if (!entry) return std::nullopt;
  return to_info(*parts_, *std::move(entry));
}

std::vector<ArtifactInfo> Store::list() const {
  std::vector<ArtifactInfo> infos;
  for (Catalog::Entry& entry : parts_->catalog->list())
    infos.push_back(to_info(*parts_, std::move(entry)));
  std::ranges::sort(infos, {}, [](const ArtifactInfo& info) {
    return std::pair(info.artifact.name, info.artifact.sha256);
  });
  return infos;
}

std::optional<Source> Store::find_source(const std::string& key) const {
  return parts_->catalog->find_source(key);
}
std::vector<Source> Store::sources_of(const Sha256& sha256) const {
  return parts_->catalog->sources_of(sha256);
}

Result<std::unique_ptr<Filling>> Store::begin_fill(FillRecord record,
                                                   std::optional<std::uint64_t> size) {
  auto reservation = parts_->reserve(disk_bytes_of(size.value_or(kPieceBytes)), RoomFor::Fill);
  if (!reservation) return error_of(std::move(reservation));
  auto lease = parts_->new_content();
  if (!lease) return error_of(std::move(lease));
  record.id = (*lease)->id();
  record.size = size;
  if (auto noted = parts_->catalog->put_fill(record); !noted) {
    parts_->doom(record.id);
    return error_of(std::move(noted));
  }
  return std::make_unique<Filling>(std::make_unique<Filling::State>(
      *parts_, std::move(record), *std::move(reservation), *std::move(lease), 0));
}

Result<std::unique_ptr<Filling>> Store::resume_fill(const FillRecord& record) {
  // Only a reopen shows whether a piece whose ingest failed is there all the same.
  if (parts_->database->broken())
    return fail(ErrorCode::DiskFull, "the store takes no writes until it is reopened");
  const auto stored = stored_prefix(parts_->database->pieces(), record);
  if (!stored) return std::unexpected(stored.error());
  const std::uint64_t missing = record.size ? *record.size - *stored : kPieceBytes;
  auto reservation = parts_->reserve(disk_bytes_of(missing), RoomFor::Fill);
  if (!reservation) return error_of(std::move(reservation));
  auto lease = parts_->leases.acquire(record.id);
  if (!lease) return fail(ErrorCode::NotFound, "the unfinished fill was dropped");
  return std::make_unique<Filling>(std::make_unique<Filling::State>(
      *parts_, record, *std::move(reservation), std::move(lease), *stored));
}

std::vector<FillRecord> Store::unfinished_fills() const {
  return parts_->catalog->fills();
}

Status Store::drop_fill(ContentId id) {
  return parts_->drop_fill(id);
}

Status Store::put_source(const Source& source) {
  return parts_->catalog->put_source(source);
}

Status Store::put_archive(const Sha256& sha256, const ArchiveSummary& summary) {
  return parts_->catalog->put_archive(sha256, summary);
}

Status Store::set_pinned(const Sha256& sha256, bool pinned) {
  return parts_->set_pinned(sha256, pinned);
}

Status Store::remove(const Sha256& sha256) {
  return parts_->remove(sha256);
}
Status Store::drop_form(const Sha256& sha256, Form form) {
  return parts_->drop_form(sha256, form);
}
Result<std::vector<Artifact>> Store::drop_damaged(const Artifact& seen, Form damaged) {
  return parts_->drop_damaged(seen, damaged);
}

Status Store::put_blob(const std::string& key, const std::string& value) {
  return parts_->catalog->put_blob(key, value);
}
std::vector<std::pair<std::string, std::string>> Store::blobs(const std::string& prefix) const {
  return parts_->catalog->blobs(prefix);
}

void Store::append_ledger(LedgerEntry entry) {
  parts_->catalog->note(std::move(entry));
}
Result<LedgerEntries> Store::ledger(const LedgerFilter& filter) const {
  return parts_->catalog->ledger(filter);
}

Stats Store::stats() const {
  Stats stats{.quota = parts_->quota.usage(),
              .evictions = parts_->evictions,
              .readers_cut = parts_->readers_cut,
              .reopens = parts_->reopens,
              .writable = !parts_->database->broken()};
  for (Catalog::Entry& entry : parts_->catalog->list()) {
    const ArtifactInfo info = to_info(*parts_, std::move(entry));
    ++stats.artifacts;
    stats.logical_bytes += info.artifact.size;
    stats.raw_bytes += info.raw_bytes;
    (info.dependants.empty() ? stats.packed_bytes : stats.keyframe_bytes) += info.packed_bytes;
    if (info.artifact.packed) ++stats.packed_artifacts;
    if (!info.pinned) continue;
    ++stats.pinned;
    stats.pinned_bytes += info.artifact.size;
  }
  return stats;
}

void Store::on_writable(std::function<void()> callback) {
  parts_->set_on_writable(std::move(callback));
}

}  // namespace stagecache::store
