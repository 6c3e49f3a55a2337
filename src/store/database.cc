#include "database.h"

#include <fmt/format.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <mutex>
#include <utility>

#include "chunk_allocator.h"
#include "damaged_pieces.h"
#include "database_options.h"
#include "read_error.h"
#include "stagecache/base/check.h"
#include "stagecache/base/file_system.h"
#include "stagecache/base/log.h"

namespace stagecache::store {
namespace {

constexpr const char* kContentFamily = "content";

rocksdb::Slice view(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
std::string_view view(const rocksdb::Slice& bytes) {
  return {bytes.data(), bytes.size()};
}

/// The cache holds chunks of half a MiB: more shards than one would split a small
/// cache into parts that evict while others are empty.
std::shared_ptr<rocksdb::Cache> new_block_cache(std::uint64_t bytes) {
  rocksdb::LRUCacheOptions options;
  options.capacity = bytes;
  options.num_shard_bits = 0;
  options.memory_allocator = std::make_shared<ChunkAllocator>();
  return rocksdb::NewLRUCache(options);
}

Slice slice_of(std::shared_ptr<rocksdb::PinnableSlice> pinned) {
  const auto bytes = std::as_bytes(std::span(pinned->data(), pinned->size()));
  return {bytes, std::move(pinned)};
}

ErrorCode code_of(const rocksdb::Status& status) {
  if (status.IsNoSpace() || status.subcode() == rocksdb::Status::SubCode::kNoSpace)
    return ErrorCode::DiskFull;
  if (status.IsCorruption() || status.IsPathNotFound()) return ErrorCode::Corrupt;
  const std::string text = status.ToString();
  if (status.IsIOError() && (text.contains("While lock file") || text.contains("lock hold by")))
    return ErrorCode::Conflict;
  return ErrorCode::Internal;
}

std::unexpected<Error> fail_with(const rocksdb::Status& status, std::string_view what) {
  return fail(code_of(status), fmt::format("{}: {}", what, status.ToString()));
}

std::unexpected<Error> closed() {
  return fail(ErrorCode::DiskFull, "the store could not be reopened yet");
}

}  // namespace

struct Database::Handle {
  std::unique_ptr<rocksdb::DB> db;
  std::unique_ptr<rocksdb::ColumnFamilyHandle> catalog;
  std::unique_ptr<rocksdb::ColumnFamilyHandle> content;

  ~Handle() {
    content.reset();
    catalog.reset();
  }
};

class Database::Listener final : public rocksdb::EventListener {
 public:
  explicit Listener(Database& owner) : owner_(owner) {}

  void OnExternalFileIngested(rocksdb::DB*,
                              const rocksdb::ExternalFileIngestionInfo& info) override {
    owner_.options_.on_ingested(info.external_file_path,
                                std::filesystem::path(info.internal_file_path).filename());
  }
  void OnTableFileDeleted(const rocksdb::TableFileDeletionInfo& info) override {
    if (info.status.ok())
      owner_.options_.on_deleted(std::filesystem::path(info.file_path).filename());
  }
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* error) override {
    owner_.refused_ = true;
    if (!owner_.broken_.exchange(true))
      log_error("store: {}: no more writes until it is reopened", error->ToString());
  }
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    // RocksDB would write to the files of the failed handle. We reopen instead.
    *auto_recovery = false;
  }

 private:
  Database& owner_;
};

Database::Database(Options options)
    : options_(std::move(options)),
      block_cache_(new_block_cache(options_.block_cache_bytes)),
      listener_(std::make_shared<Listener>(*this)) {}

Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(Options options) {
  std::unique_ptr<Database> database(new Database(std::move(options)));
  auto handle = database->open_handle(Access::Write);
  if (!handle && handle.error().code == ErrorCode::Corrupt) {
    log_error("store: {}", handle.error().message);
    auto tolerant = database->open_handle(Access::Repair);
    if (!tolerant) return error_of(std::move(handle));
    delete_damaged_contents(*(*tolerant)->db, *(*tolerant)->content, database->options_.path);
    tolerant->reset();
    handle = database->open_handle(Access::Write);
  }
  if (!handle) return error_of(std::move(handle));
  database->handle_ = *std::move(handle);
  return database;
}

Result<std::unique_ptr<Database::Handle>> Database::open_handle(Access access) {
  const std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {rocksdb::kDefaultColumnFamilyName, catalog_options(block_cache_)},
      {kContentFamily, content_options(block_cache_)}};
  auto options = database_options(listener_);
  options.paranoid_checks = access != Access::Repair;  // Opens whatever can be opened.
  const std::string path = options_.path.string();
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const auto status = access == Access::Read
                          ? rocksdb::DB::OpenForReadOnly(options, path, families, &handles, &db)
                          : rocksdb::DB::Open(options, path, families, &handles, &db);
  if (!status.ok()) return fail_with(status, fmt::format("open {}", path));
  auto handle = std::make_unique<Handle>();
  handle->db.reset(db);
  handle->catalog.reset(handles[0]);
  handle->content.reset(handles[1]);
  return handle;
}

std::shared_lock<std::shared_mutex> Database::enter() {
  if (reopening_) const std::lock_guard wait(turnstile_);
  return std::shared_lock(gate_);
}

Status Database::check_writable() {
  return check_room(0);
}

Status Database::check_room(std::uint64_t bytes) {
  if (broken_) return fail(ErrorCode::DiskFull, "the store takes no writes until it is reopened");
  const auto space = file_system_space(options_.path);
  if (!space) return std::unexpected(space.error());
  if (space->free_bytes < options_.write_headroom_bytes + bytes) {
    refused_ = true;
    return fail(ErrorCode::DiskFull, fmt::format("only {} bytes are free on the file system of {}",
                                                 space->free_bytes, options_.path.string()));
  }
  return {};
}

/// Turns a failed write into the broken state. Corruption in a *read* does not.
Status Database::note(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return {};
  refused_ = true;
  if (!broken_.exchange(true))
    log_error("store: {}: {}: no more writes until it is reopened", what, status.ToString());
  return fail(ErrorCode::DiskFull, fmt::format("{}: {}", what, status.ToString()));
}

Status Database::write(rocksdb::WriteBatch& batch, Durability durability) {
  RETURN_IF_ERROR(check_writable());
  const auto lock = enter();
  if (!handle_) return closed();
  rocksdb::WriteOptions options;
  options.sync = durability == Durability::Synced;
  return note(handle_->db->Write(options, &batch), "write the catalog");
}

Status Database::for_each(
    std::string_view prefix,
    const std::function<Status(std::string_view, std::string_view)>& on_record) {
  const auto lock = enter();
  if (!handle_) return closed();
  const std::unique_ptr<rocksdb::Iterator> it(
      handle_->db->NewIterator(rocksdb::ReadOptions(), handle_->catalog.get()));
  for (it->Seek(view(prefix)); it->Valid() && view(it->key()).starts_with(prefix); it->Next())
    RETURN_IF_ERROR(on_record(view(it->key()).substr(prefix.size()), view(it->value())));
  if (!it->status().ok()) return fail_with(it->status(), "read the catalog");
  return {};
}

Result<std::optional<std::string>> Database::get(std::string_view key) {
  const auto lock = enter();
  if (!handle_) return closed();
  std::string value;
  const auto status =
      handle_->db->Get(rocksdb::ReadOptions(), handle_->catalog.get(), view(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return fail_with(status, "read the catalog");
  return std::optional(std::move(value));
}

Result<std::optional<Slice>> Database::read_cached(ChunkKey key) {
  if (reopening_) return std::optional<Slice>();
  const std::shared_lock lock(gate_, std::try_to_lock);
  if (!lock.owns_lock() || !handle_)
    return std::optional<Slice>();  // Reopening: a worker waits for it.
  rocksdb::ReadOptions options;
  options.read_tier = rocksdb::kBlockCacheTier;
  auto pinned = std::make_shared<rocksdb::PinnableSlice>();
  const auto status =
      handle_->db->Get(options, handle_->content.get(), content_key(key), pinned.get());
  if (status.IsIncomplete()) return std::optional<Slice>();
  if (!status.ok()) return unreadable(status);
  // RocksDB says "ok" and gives nothing when the piece's file is not open (more
  // pieces than we may have files open). No chunk is empty.
  if (pinned->empty()) return std::optional<Slice>();
  return slice_of(std::move(pinned));
}

Result<Slice> Database::read(ChunkKey key, CacheUse use) {
  const auto lock = enter();
  if (!handle_) return closed();
  rocksdb::ReadOptions options;
  options.fill_cache = use == CacheUse::Fill;
  auto pinned = std::make_shared<rocksdb::PinnableSlice>();
  const auto status =
      handle_->db->Get(options, handle_->content.get(), content_key(key), pinned.get());
  if (!status.ok()) return unreadable(status);
  return slice_of(std::move(pinned));
}

Status Database::ingest(const std::filesystem::path& piece) {
  RETURN_IF_ERROR(check_writable());
  const auto lock = enter();
  if (!handle_) return closed();
  rocksdb::IngestExternalFileOptions options;
  options.move_files = true;
  options.failed_move_fall_back_to_copy = false;
  options.write_global_seqno = false;
  return note(handle_->db->IngestExternalFile(handle_->content.get(), {piece.string()}, options),
              "ingest a piece");
}

Status Database::delete_content(ContentId id) {
  if (broken_) return fail(ErrorCode::DiskFull, "the store takes no writes until it is reopened");
  {
    const auto lock = enter();
    if (!handle_) return closed();
    const std::string begin = content_key({id, 0}), end = content_key({id + 1, 0});
    const rocksdb::Slice first = begin, last = end;
    const rocksdb::RangePtr range(&first, &last);
    RETURN_IF_ERROR(note(rocksdb::DeleteFilesInRanges(handle_->db.get(), handle_->content.get(),
                                                      &range, 1, /*include_end=*/false),
                         "delete a content"));
  }
  for (const PieceFile& piece : pieces()) CHECK(piece.first.id != id);
  return {};
}

void Database::purge_obsolete() {
  const auto lock = enter();
  if (!handle_ || broken_) return;
  // Allowing deletions looks for all files that no version names any more.
  if (handle_->db->DisableFileDeletions().ok()) handle_->db->EnableFileDeletions(/*force=*/false);
}

std::vector<PieceFile> Database::pieces() {
  const auto lock = enter();
  if (!handle_) return {};
  return pieces_of(*handle_);
}

Result<PieceFile> Database::piece_of(ChunkKey key) {
  const auto lock = enter();
  if (!handle_) return closed();
  for (const PieceFile& piece : pieces_of(*handle_))
    if (piece.first.id == key.id && piece.first.chunk <= key.chunk && key.chunk <= piece.last.chunk)
      return piece;
  return unreadable(rocksdb::Status::NotFound("the piece is gone"));
}

std::filesystem::path Database::path_of(const PieceFile& piece) const {
  return options_.path / piece.name;
}

std::vector<PieceFile> Database::pieces_of(Handle& handle) {
  rocksdb::ColumnFamilyMetaData family;
  handle.db->GetColumnFamilyMetaData(handle.content.get(), &family);
  std::vector<PieceFile> found;
  for (const auto& level : family.levels) {
    for (const auto& file : level.files) {
      const auto first = parse_content_key(file.smallestkey),
                 last = parse_content_key(file.largestkey);
      CHECK(first && last);
      found.push_back({*first, *last, std::filesystem::path(file.name).filename(), level.level});
    }
  }
  return found;
}

void Database::set_block_cache(std::uint64_t bytes) {
  block_cache_->SetCapacity(bytes);
}

std::uint64_t Database::catalog_bytes() {
  const auto lock = enter();
  std::uint64_t bytes = 0;
  if (!handle_) return bytes;
  handle_->db->GetIntProperty(handle_->catalog.get(), rocksdb::DB::Properties::kTotalSstFilesSize,
                              &bytes);
  return bytes;
}

Status Database::reopen(const std::function<void()>& before_open,
                        const std::function<Status(const std::vector<PieceFile>&)>& after_open) {
  const std::lock_guard turn(turnstile_);
  reopening_ = true;
  const std::unique_lock lock(gate_);
  const auto status = reopen_locked(before_open, after_open);
  reopening_ = false;
  return status;
}

Status Database::reopen_locked(
    const std::function<void()>& before_open,
    const std::function<Status(const std::vector<PieceFile>&)>& after_open) {
  handle_.reset();
  before_open();
  auto handle = open_handle(Access::Write);
  if (handle) {
    handle_ = *std::move(handle);
    RETURN_IF_ERROR(after_open(pieces_of(*handle_)));
    broken_ = false;
    return {};
  }
  // Serving goes on from a handle that writes nothing. Should that fail, too,
  // reads fail until the next reopen.
  auto reader = open_handle(Access::Read);
  if (reader) handle_ = *std::move(reader);
  else log_error("store: {}", reader.error().message);
  return error_of(std::move(handle));
}

}  // namespace stagecache::store
