#include "stagecache/store/form_writer.h"

#include <fmt/format.h>

#include "content_state.h"
#include "form_writer_state.h"
#include "stagecache/base/check.h"
#include "stagecache/store/store.h"

namespace stagecache::store {
namespace {

/// More than was expected comes in steps of a piece: a form is often smaller than its
/// artifact, and what is reserved may have to be evicted for.
constexpr std::uint64_t kReserveStep = kPieceBytes;

bool has_form(const Artifact& artifact, Form form) {
  return form == Form::Raw ? artifact.raw_content != 0 : artifact.packed.has_value();
}

/// The content ids of those of `artifacts` that are keyframes.
std::map<Sha256, ContentId> keyframes_of(const Catalog& catalog,
                                         const std::vector<Sha256>& artifacts) {
  std::map<Sha256, ContentId> found;
  for (const Sha256& sha256 : artifacts)
    if (const auto entry = catalog.find(sha256); entry && entry->artifact.packed)
      found[sha256] = entry->artifact.packed->content;
  return found;
}

}  // namespace

Result<std::unique_ptr<FormWriter>> Store::begin_form(FormOrder order) {
  std::vector<Sha256> kept = order.keep;
  kept.push_back(order.sha256);
  auto keep = std::make_unique<Keep>(*parts_, std::move(kept));
  auto artifact = find_artifact(order.sha256);
  if (!artifact)
    return fail(ErrorCode::NotFound, fmt::format("{} is not stored", order.sha256.hex()));
  if (has_form(*artifact, order.form))
    return fail(ErrorCode::Conflict, fmt::format("{} has that form already", order.sha256.hex()));

  const RoomFor whom = order.room == Room::MayEvict ? RoomFor::Form : RoomFor::FormIfFree;
  auto reservation = parts_->reserve(disk_bytes_of(order.expected_bytes), whom);
  if (!reservation) return error_of(std::move(reservation));
  auto lease = parts_->new_content();
  if (!lease) return error_of(std::move(lease));
  auto writer = std::make_unique<ContentWriter>(
      *parts_, *std::move(reservation), *std::move(lease),
      ContentWriter::More{.room = whom, .step_bytes = kReserveStep}, 0);
  return std::make_unique<FormWriter>(std::unique_ptr<FormWriter::State>(
      new FormWriter::State{.parts = *parts_,
                            .keep = std::move(keep),
                            .artifact = *std::move(artifact),
                            .form = order.form,
                            .keyframes = keyframes_of(*parts_->catalog, order.keep),
                            .writer = std::move(writer)}));
}

FormWriter::FormWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}

FormWriter::~FormWriter() {
  if (!state_->committed) state_->parts.doom(state_->writer->id());
}

Status FormWriter::append(std::span<const std::byte> bytes) {
  CHECK(!state_->sealed);
  return state_->writer->append(bytes);
}

std::uint64_t FormWriter::size() const {
  return state_->writer->size();
}

Result<Content> FormWriter::seal() {
  state_->sealed = true;
  if (auto stored = state_->writer->store_rest(); !stored) return error_of(std::move(stored));
  state_->writer->release_reservation();
  return Content(std::make_shared<Content::State>(
      Content::State{state_->artifact, size(), state_->writer->lease(), *state_->parts.database}));
}

Status FormWriter::commit(const Commit& commit) {
  CHECK(!state_->committed);
  CHECK(state_->form == Form::Packed || (!commit.base && commit.raw_form == RawForm::Keep));
  if (auto sealed = seal(); !sealed) return error_of(std::move(sealed));
  StoreParts::NewForm form{.sha256 = state_->artifact.sha256,
                           .form = state_->form,
                           .content = state_->writer->id(),
                           .size = size(),
                           .base = commit.base,
                           .raw_form = commit.raw_form};
  if (commit.base) {
    const auto keyframe = state_->keyframes.find(*commit.base);
    if (keyframe == state_->keyframes.end())
      return fail(ErrorCode::Conflict,
                  fmt::format("{} was no keyframe that was to be kept", commit.base->hex()));
    form.base_content = keyframe->second;
  }
  RETURN_IF_ERROR(state_->parts.commit_form(form));
  state_->committed = true;
  return {};
}

}  // namespace stagecache::store
