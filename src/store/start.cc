// Opening a store: lock, database, sweep, counting. Every step also holds after a
// kill -9 at any moment.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "piece_writer.h"
#include "stagecache/base/file_system.h"
#include "stagecache/base/log.h"
#include "stagecache/model/quantity.h"
#include "store_parts.h"

namespace stagecache::store {
namespace {

/// Table readers, memtables and the pieces that RocksDB writes.
constexpr std::uint64_t kFixedMemory = 8ull << 20;
/// What the block cache keeps, however many fills run.
constexpr std::uint64_t kLeastBlockCache = 16ull << 20;

}  // namespace

StoreParts::StoreParts(Options given, int lock_file)
    : options(std::move(given)),
      quota(options.quota_bytes, metadata_share()),
      ledger(quota),
      leases([this](ContentId id) { add_deletion(id); }),
      lock_file_(lock_file) {}

/// A compaction writes the ledger anew before it deletes the old tables. A quota of
/// up to 1 GiB has a ledger that the tables' share holds.
std::uint64_t StoreParts::metadata_share() const {
  constexpr std::uint64_t kHeldByTables = 1ull << 20;
  const std::uint64_t ledger_bytes = LedgerFile::limits_for(options.quota_bytes).bytes;
  return Database::kMetadataBytes +
         (ledger_bytes > kHeldByTables ? 2 * (ledger_bytes - kHeldByTables) : 0);
}

StoreParts::~StoreParts() {
  {
    MutexLock lock(room_mutex_);
    ending_ = true;
    keeper_wakes_.notify_one();
  }
  if (keeper_.joinable()) keeper_.join();
  if (catalog && !database->broken()) {
    if (const auto written = catalog->flush_ledger(); !written)
      log_warn("store: ledger: {}", written.error().message);
    if (const auto written = catalog->flush_usage(); !written)
      log_warn("store: usage: {}", written.error().message);
  }
  catalog.reset();
  database.reset();
  ::close(lock_file_);
}

Status StoreParts::start() {
  const std::uint64_t least = Database::kMetadataBytes + disk_bytes_of(kPieceBytes);
  if (options.quota_bytes < least)
    return fail(ErrorCode::BadInput,
                fmt::format("[store] quota is {}; the least that works is {}",
                            format_size(options.quota_bytes), format_size(least)));
  RETURN_IF_ERROR(clean_incoming());
  // RocksDB cannot open on a full disk. The keeper makes a new ballast later.
  if (const auto space = file_system_space(options.path);
      space && space->free_bytes < 2 * Database::kWriteHeadroomBytes)
    release_ballast();
  RETURN_IF_ERROR(open_database());
  catalog = std::make_unique<Catalog>(*database, LedgerFile::limits_for(options.quota_bytes));
  RETURN_IF_ERROR(catalog->load());
  sweep();
  RETURN_IF_ERROR(count_disk(database->pieces()));
  drop_lost_forms();
  evict_to_quota();
  keep_ballast();
  keeper_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "store-keeper");
    keep();
  });
  return {};
}

Status StoreParts::open_database() {
  Database::Options wanted;
  wanted.path = options.path / "db";
  wanted.block_cache_bytes = options.memory_bytes > kFixedMemory + kLeastBlockCache
                                 ? options.memory_bytes - kFixedMemory
                                 : kLeastBlockCache;
  wanted.on_ingested = [this](const auto& incoming, const auto& name) {
    ledger.ingested(incoming, name);
  };
  wanted.on_deleted = [this](const auto& name) {
    if (ledger.deleted(name)) wake_keeper();
  };
  auto opened = Database::open(std::move(wanted));
  if (!opened) return error_of(std::move(opened));
  database = *std::move(opened);
  return {};
}

void StoreParts::writer_began() {
  share_memory(++writers_);
}
void StoreParts::writer_ended() {
  share_memory(--writers_);
}

void StoreParts::share_memory(std::uint64_t writers) {
  const std::uint64_t taken = kFixedMemory + writers * kPieceBytes;
  database->set_block_cache(options.memory_bytes > taken + kLeastBlockCache
                                ? options.memory_bytes - taken
                                : kLeastBlockCache);
}

Status StoreParts::clean_incoming() {
  std::error_code error;
  std::filesystem::remove_all(incoming_path(), error);
  std::filesystem::create_directories(incoming_path(), error);
  if (error) return std::unexpected(errno_error("make " + incoming_path().string(), error.value()));
  return {};
}

/// Deletes contents that no record names, found by metadata and never by
/// iterating. Those that a record names get their lease entry.
void StoreParts::sweep() {
  const std::set<ContentId> named = catalog->named_contents();
  std::set<ContentId> unnamed;
  ContentId highest = 0;
  for (const PieceFile& piece : database->pieces()) {
    highest = std::max(highest, piece.first.id);
    if (!named.contains(piece.first.id)) unnamed.insert(piece.first.id);
  }
  for (const ContentId id : named) leases.add(id);
  for (const ContentId id : unnamed) {
    log_info("sweep: content {} has no name", id);
    leases.add(id);
    doom(id);
  }
  delete_freed();  // What a full disk does not let go now, the keeper deletes later.
  catalog->skip_ids(highest);
}

/// Makes the ledger agree with the disk. REQUIRES: no ingest is under way.
Status StoreParts::count_disk(const std::vector<PieceFile>& pieces) {
  std::unordered_map<std::string, PieceLedger::Piece> found;
  for (const PieceFile& piece : pieces) {
    const auto bytes = allocated_bytes(options.path / "db" / piece.name);
    if (!bytes) return std::unexpected(bytes.error());
    found[piece.name] = {piece.first.id, *bytes};
  }
  ledger.reconcile(std::move(found));
  return {};
}

/// What the disk has lost of contents that lie packed is known before anybody asks: a form
/// that is not all there goes, and so does a difference without its keyframe. An artifact
/// that lies only raw stays: who reads it finds out, and fetches it again.
void StoreParts::drop_lost_forms() {
  std::unordered_map<ContentId, std::uint64_t> chunks;
  for (const PieceFile& piece : database->pieces())
    chunks[piece.first.id] += piece.last.chunk - piece.first.chunk + std::uint64_t{1};
  const auto lost = [&chunks](ContentId id, std::uint64_t size) {
    const auto found = chunks.find(id);
    const std::uint64_t there = found == chunks.end() ? 0 : found->second;
    return there != (size + kChunkBytes - 1) / kChunkBytes;
  };
  const auto drop = [this](const Artifact& artifact, Form form) {
    log_error("artifact {} {}: its {} form is lost", artifact.name, artifact.sha256.hex(),
              to_string(form));
    if (const auto dropped = drop_damaged(artifact, form); !dropped)
      log_warn("artifact {}: {}", artifact.sha256.hex(), dropped.error().message);
  };
  for (const Catalog::Entry& entry : catalog->list()) {
    const auto& [artifact, packed] = std::tie(entry.artifact, entry.artifact.packed);
    if (!packed) continue;
    if (lost(packed->content, packed->size) || !has_keyframe(*packed)) drop(artifact, Form::Packed);
    if (artifact.raw_content != 0 && lost(artifact.raw_content, artifact.size))
      drop(artifact, Form::Raw);
  }
}

/// True for a keyframe, and for a difference whose keyframe the catalog names.
bool StoreParts::has_keyframe(const PackedForm& packed) const {
  if (!packed.base) return true;
  const auto base = catalog->find(*packed.base);
  return base && base->artifact.packed && !base->artifact.packed->base;
}

/// A smaller quota than last time: evicts down to it. What is pinned stays; then
/// nothing more is stored until an operator unpins or gives more.
void StoreParts::evict_to_quota() {
  const Quota::Usage usage = quota.usage();
  if (usage.taken() <= usage.limit) return;
  const std::uint64_t unpinned = evictable_bytes(candidates());
  const std::uint64_t excess = usage.taken() - usage.limit;
  if (const auto evicted = evict(std::min(excess, unpinned), pending_bytes()); !evicted)
    log_warn("store: {}", evicted.error().message);
  delete_freed();
  if (excess > unpinned)
    log_warn(
        "store: pinned artifacts and unfinished fills alone take {} bytes more than [store] "
        "quota ({}): nothing more is stored; unpin some or raise it",
        excess - unpinned, usage.limit);
}

}  // namespace stagecache::store
