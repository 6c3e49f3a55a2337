#include "stagecache/store/content.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "filling_state.h"
#include "stagecache/base/check.h"
#include "stagecache/base/file_system.h"
#include "stagecache/base/log.h"

namespace stagecache::store {
namespace {

constexpr std::size_t kChunksPerPiece = kPieceBytes / kChunkBytes;

/// A fill of unknown size reserves this much at a time.
constexpr std::uint64_t kReserveStep = 4 * kPieceBytes;

}  // namespace

Filling::State::State(StoreParts& given_parts, FillRecord given_record,
                      Quota::Reservation given_reservation,
                      std::shared_ptr<LeaseTable::Lease> given_lease, std::uint64_t stored)
    : parts(given_parts),
      lease(std::move(given_lease)),
      record(std::move(given_record)),
      reservation(std::move(given_reservation)),
      stored_bytes(stored),
      size(stored),
      first_in_memory((stored + kChunkBytes - 1) / kChunkBytes) {
  parts.fill_began();
}

Filling::State::~State() {
  parts.fill_ended();
}

Status Filling::State::append(std::span<const std::byte> bytes) {
  if (!bytes.empty() && stored_bytes % kChunkBytes != 0)
    return fail(ErrorCode::Corrupt, "more bytes than the size that the fill began with");
  while (!bytes.empty()) {
    MutexLock lock(mutex);
    if (chunks.empty() || chunks.back()->size == kChunkBytes)
      chunks.push_back(std::make_shared<ChunkBuffer>(kChunkBytes));
    ChunkBuffer& chunk = *chunks.back();
    const std::size_t count = std::min<std::size_t>(bytes.size(), kChunkBytes - chunk.size);
    std::memcpy(chunk.bytes.get() + chunk.size, bytes.data(), count);
    chunk.size += count;
    size += count;
    bytes = bytes.subspan(count);
  }
  return store_full_pieces();
}

Status Filling::State::store_full_pieces() {
  for (;;) {
    {
      MutexLock lock(mutex);
      const bool full = chunks.size() > kChunksPerPiece ||
                        (chunks.size() == kChunksPerPiece && chunks.back()->size == kChunkBytes);
      if (!full) return {};
    }
    RETURN_IF_ERROR(store_piece(kChunksPerPiece));
  }
}

Status Filling::State::store_piece(std::size_t count) {
  std::vector<std::shared_ptr<ChunkBuffer>> piece;
  std::uint64_t payload = 0;
  {
    MutexLock lock(mutex);
    CHECK(count > 0 && count <= chunks.size());
    piece.assign(chunks.begin(), chunks.begin() + static_cast<std::ptrdiff_t>(count));
    for (const auto& chunk : piece) payload += chunk->size;
  }
  RETURN_IF_ERROR(write_and_ingest(piece, payload));
  stored_bytes += payload;
  drop_from_memory(count);
  return {};
}

void Filling::State::drop_from_memory(std::size_t count) {
  MutexLock lock(mutex);
  chunks.erase(chunks.begin(), chunks.begin() + static_cast<std::ptrdiff_t>(count));
  first_in_memory += count;
}

Status Filling::State::reserve_piece(std::uint64_t payload) {
  const std::uint64_t wanted = disk_bytes_of(payload);
  if (reservation.left() >= wanted) return {};
  auto more = parts.reserve(
      std::max(wanted - reservation.left(), record.size ? std::uint64_t{0} : kReserveStep));
  if (!more) more = parts.reserve(wanted - reservation.left());
  if (!more) return error_of(std::move(more));
  reservation.merge(*std::move(more));
  return {};
}

bool Filling::State::already_ingested(ChunkKey first) const {
  return std::ranges::any_of(parts.database->pieces(),
                             [&](const PieceFile& piece) { return piece.first == first; });
}

Status Filling::State::write_and_ingest(std::span<const std::shared_ptr<ChunkBuffer>> piece,
                                        std::uint64_t payload) {
  RETURN_IF_ERROR(reserve_piece(payload));
  const ChunkKey first{lease->id(), static_cast<std::uint32_t>(stored_bytes / kChunkBytes)};
  if (piece_in_doubt) {
    if (parts.database->broken()) return fail(ErrorCode::DiskFull, "the store is being reopened");
    piece_in_doubt = false;
    if (already_ingested(first)) {
      // Found, and counted as used, by the reopen.
      reservation.give_back(std::min(reservation.left(), disk_bytes_of(payload)));
      return {};
    }
  }
  RETURN_IF_ERROR(parts.database->check_room(disk_bytes_of(payload)));
  const auto path = parts.incoming_path() / fmt::format("{}-{}.sst", first.id, first.chunk);
  if (auto written = write_piece(path, first, piece); !written) {
    if (written.error().code == ErrorCode::DiskFull) parts.database->note_refused();
    return written;
  }
  const auto bytes = allocated_bytes(path);
  if (!bytes) return std::unexpected(bytes.error());
  if (auto covered = cover(*bytes); !covered) {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    return covered;
  }
  parts.ledger.expect(path, {first.id, *bytes});
  if (auto ingested = parts.database->ingest(path); !ingested) {
    parts.ledger.withdraw(path);
    piece_in_doubt = true;
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    return ingested;
  }
  reservation.spend(*bytes);
  return {};
}

/// For a file system that allocates more than disk_bytes_of reckons with.
Status Filling::State::cover(std::uint64_t bytes) {
  if (bytes <= reservation.left()) return {};
  auto more = parts.reserve(bytes - reservation.left());
  if (!more) return error_of(std::move(more));
  reservation.merge(*std::move(more));
  return {};
}

Result<std::optional<Slice>> Filling::State::from_memory(std::uint64_t offset) const {
  MutexLock lock(mutex);
  CHECK(offset < size);
  const std::uint64_t index = offset / kChunkBytes;
  if (index < first_in_memory) return std::optional<Slice>();
  const auto& chunk = chunks[index - first_in_memory];
  return Slice(std::span(chunk->bytes.get(), chunk->size), chunk).after(offset % kChunkBytes);
}

Filling::Filling(std::unique_ptr<State> state) : state_(std::move(state)) {}
Filling::~Filling() = default;

ContentId Filling::id() const {
  return state_->lease->id();
}

std::uint64_t Filling::size() const {
  MutexLock lock(state_->mutex);
  return state_->size;
}

Status Filling::append(std::span<const std::byte> bytes) {
  return state_->append(bytes);
}

Result<std::optional<Slice>> Filling::read_cached(std::uint64_t offset) const {
  auto found = state_->from_memory(offset);
  if (!found || *found) return found;
  auto chunk =
      state_->parts.database->read_cached({id(), static_cast<std::uint32_t>(offset / kChunkBytes)});
  if (!chunk || !*chunk) return chunk;
  return (*chunk)->after(offset % kChunkBytes);
}

Result<Slice> Filling::read(std::uint64_t offset) const {
  auto found = state_->from_memory(offset);
  if (!found) return error_of(std::move(found));
  if (*found) return **found;
  if (state_->lease->revoked())
    return fail(ErrorCode::Cancelled, "read too slowly while room was needed");
  auto chunk = state_->parts.database->read(
      {id(), static_cast<std::uint32_t>(offset / kChunkBytes)}, CacheUse::Fill);
  if (!chunk) return chunk;
  return chunk->after(offset % kChunkBytes);
}

Status Filling::State::note_size(std::uint64_t whole) {
  FillRecord noted = record;
  noted.size = whole;
  RETURN_IF_ERROR(parts.catalog->update_fill(noted));
  record.size = whole;
  return {};
}

Status Filling::note_head(const Validators& validators, std::optional<std::uint64_t> size,
                          const std::string& content_type, std::optional<std::int64_t> lifetime_s) {
  FillRecord& record = state_->record;
  record.validators = validators;
  record.size = size;
  record.content_type = content_type;
  record.lifetime_s = lifetime_s;
  return state_->parts.catalog->update_fill(record);
}

Status Filling::commit(const Artifact& artifact, const Source& source, bool pin) {
  CHECK(!state_->ended);
  RETURN_IF_ERROR(state_->store_full_pieces());
  std::size_t rest = 0;
  {
    MutexLock lock(state_->mutex);
    CHECK(artifact.size == state_->size);
    rest = state_->chunks.size();
  }
  if (rest > 0) {
    // A short chunk is the end. Should we be killed before the commit, the resume
    // must know that.
    if (state_->record.size != artifact.size) RETURN_IF_ERROR(state_->note_size(artifact.size));
    RETURN_IF_ERROR(state_->store_piece(rest));
  }

  Artifact stored = artifact;
  stored.raw_content = id();
  const auto committed = state_->parts.commit_fill(id(), stored, source, pin);
  if (!committed) return committed;
  state_->ended = true;
  state_->reservation = Quota::Reservation();
  return {};
}

Status Filling::suspend() {
  if (state_->ended) return {};
  RETURN_IF_ERROR(state_->store_full_pieces());
  std::size_t whole = 0;
  {
    MutexLock lock(state_->mutex);
    whole = state_->chunks.size();
    if (whole > 0 && state_->chunks.back()->size < kChunkBytes) --whole;
  }
  return whole > 0 ? state_->store_piece(whole) : Status();
}

Status Filling::drop() {
  if (std::exchange(state_->ended, true)) return {};
  state_->reservation = Quota::Reservation();
  return state_->parts.drop_fill(id());
}

}  // namespace stagecache::store
