#include "stagecache/store/content.h"

#include <utility>

#include "filling_state.h"
#include "stagecache/base/check.h"

namespace stagecache::store {
namespace {

/// A fill of unknown size reserves this much at a time.
constexpr std::uint64_t kReserveStep = 4 * kPieceBytes;

std::uint64_t step_of(const FillRecord& record) {
  return record.size ? 0 : kReserveStep;
}

}  // namespace

Filling::State::State(StoreParts& given_parts, FillRecord given_record,
                      Quota::Reservation reservation, std::shared_ptr<LeaseTable::Lease> lease,
                      std::uint64_t stored_bytes)
    : parts(given_parts),
      record(std::move(given_record)),
      writer(given_parts, std::move(reservation), std::move(lease),
             {.room = RoomFor::Fill, .step_bytes = step_of(record)}, stored_bytes) {}

Status Filling::State::update(const FillRecord& noted) {
  writer.set_step(step_of(noted));
  RETURN_IF_ERROR(parts.catalog->update_fill(noted));
  record = noted;
  return {};
}

Filling::Filling(std::unique_ptr<State> state) : state_(std::move(state)) {}
Filling::~Filling() = default;

ContentId Filling::id() const {
  return state_->writer.id();
}

std::uint64_t Filling::size() const {
  return state_->writer.size();
}

Status Filling::append(std::span<const std::byte> bytes) {
  return state_->writer.append(bytes);
}

Result<std::optional<Slice>> Filling::read_cached(std::uint64_t offset) const {
  if (auto found = state_->writer.from_memory(offset)) return found;
  auto chunk =
      state_->parts.database->read_cached({id(), static_cast<std::uint32_t>(offset / kChunkBytes)});
  if (!chunk || !*chunk) return chunk;
  return (*chunk)->after(offset % kChunkBytes);
}

Result<Slice> Filling::read(std::uint64_t offset) const {
  if (auto found = state_->writer.from_memory(offset)) return *std::move(found);
  if (state_->writer.lease()->revoked())
    return fail(ErrorCode::Cancelled, "read too slowly while room was needed");
  auto chunk = state_->parts.database->read(
      {id(), static_cast<std::uint32_t>(offset / kChunkBytes)}, CacheUse::Fill);
  if (!chunk) return chunk;
  return chunk->after(offset % kChunkBytes);
}

Status Filling::note_head(const Validators& validators, std::optional<std::uint64_t> size,
                          const std::string& content_type, std::optional<std::int64_t> lifetime_s) {
  FillRecord& record = state_->record;
  record.validators = validators;
  record.size = size;
  record.content_type = content_type;
  record.lifetime_s = lifetime_s;
  return state_->update(record);
}

Status Filling::commit(const Artifact& artifact, const Source& source, bool pin) {
  CHECK(!state_->ended);
  RETURN_IF_ERROR(state_->writer.store_full_pieces());
  CHECK(artifact.size == size());
  // A short chunk is the end. Should we be killed before the commit, the resume
  // must know that.
  if (state_->writer.has_rest() && state_->record.size != artifact.size) {
    FillRecord noted = state_->record;
    noted.size = artifact.size;
    RETURN_IF_ERROR(state_->update(noted));
  }
  RETURN_IF_ERROR(state_->writer.store_rest());

  Artifact stored = artifact;
  stored.raw_content = id();
  stored.packed.reset();
  const auto committed = state_->parts.commit_fill(id(), stored, source, pin);
  if (!committed) return committed;
  state_->ended = true;
  state_->writer.release_reservation();
  return {};
}

Status Filling::suspend() {
  return state_->ended ? Status() : state_->writer.store_whole_chunks();
}

Status Filling::drop() {
  if (std::exchange(state_->ended, true)) return {};
  state_->writer.release_reservation();
  return state_->parts.drop_fill(id());
}

}  // namespace stagecache::store
