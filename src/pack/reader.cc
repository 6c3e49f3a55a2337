#include "stagecache/pack/reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base_streams.h"
#include "checksum.h"
#include "desks.h"
#include "packed_file.h"
#include "segment.h"
#include "stagecache/base/check.h"
#include "stagecache/pack/workshop.h"

namespace stagecache::pack {
namespace {

Status check_base(const FileHeader& header, const Reader* base) {
  // What read_header() said a moment ago may have been damaged: no caller's bug.
  if (header.shown.base.has_value() != (base != nullptr))
    return fail(ErrorCode::Corrupt, base == nullptr ? "packed form: a difference without its base"
                                                    : "packed form: a keyframe with a base");
  if (base == nullptr) return {};
  if (base->header().base) return fail(ErrorCode::Corrupt, "packed form: its base is no keyframe");
  if (base->header().artifact != *header.shown.base ||
      base->file().index_checksum() != header.base_index)
    return fail(ErrorCode::Corrupt, fmt::format("packed form: not the base it was made with, {}",
                                                header.shown.base->hex()));
  return {};
}

}  // namespace

Reader::Reader(std::shared_ptr<const PackedFile> file, std::shared_ptr<const Reader> base,
               std::shared_ptr<Workshop> workshop)
    : file_(std::move(file)), base_(std::move(base)), workshop_(std::move(workshop)) {
  if (!header().base) streams_ = std::make_unique<BaseStreams>(file_, workshop_->slices());
}

Reader::~Reader() = default;

Result<std::shared_ptr<const Reader>> Reader::open(std::shared_ptr<const Bytes> packed,
                                                   std::shared_ptr<const Reader> base,
                                                   std::shared_ptr<Workshop> workshop) {
  auto file = PackedFile::open(std::move(packed));
  if (!file) return error_of(std::move(file));
  RETURN_IF_ERROR(check_base((*file)->header(), base.get()));
  if (!workshop) workshop = base ? base->workshop_ : std::make_shared<Workshop>(Workshop::Limits{});
  return std::shared_ptr<const Reader>(
      new Reader(std::move(*file), std::move(base), std::move(workshop)));
}

const Header& Reader::header() const {
  return file_->header().shown;
}

const BaseStreams& Reader::streams() const {
  CHECK(streams_ != nullptr);
  return *streams_;
}

std::size_t Reader::segments() const {
  return file_->index().size();
}

ByteRange Reader::range_of(std::size_t segment) const {
  CHECK(segment < segments());
  return {.begin = file_->begin_of(segment), .end = file_->index()[segment].end};
}

std::size_t Reader::segment_at(std::uint64_t offset) const {
  CHECK(offset < header().size);
  const auto found = std::ranges::upper_bound(file_->index(), offset, {}, &SegmentEntry::end);
  return static_cast<std::size_t>(found - file_->index().begin());
}

Result<std::vector<std::byte>> Reader::rebuild(std::size_t segment) const {
  CHECK(segment < segments());
  const auto desk = workshop_->desks().take();
  auto bytes = rebuild_at(*desk, segment);
  if (!bytes)
    return std::unexpected(std::move(bytes).error().in(
        fmt::format("packed form of {}: segment {}", header().artifact.hex(), segment)));
  return bytes;
}

Result<std::vector<std::byte>> Reader::rebuild_at(Desk& desk, std::size_t segment) const {
  const SegmentEntry& entry = file_->index()[segment];
  RETURN_IF_ERROR(file_->read_segment(segment, desk.stored));
  ByteVector plan(entry.plan.size);
  RETURN_IF_ERROR(desk.decoder.decode({.coding = entry.plan.coding,
                                       .stored = ByteSpan(desk.stored).first(entry.plan.stored),
                                       .prefix = {}},
                                      plan));
  auto read = plan_from(plan);
  if (!read) return error_of(std::move(read));
  desk.plan = std::move(*read);
  for (std::size_t stream = 0; stream < kStreams; ++stream)
    RETURN_IF_ERROR(decode_stream(desk, segment, stream));

  ByteVector out;
  const std::uint64_t size = range_of(segment).length();
  out.reserve(size + 16);
  RETURN_IF_ERROR(rebuild_segment(desk.plan, desk.views, size, out));
  if (checksum(out) != entry.checksum)
    return fail(ErrorCode::Corrupt, "rebuilt bytes do not match their checksum");
  return out;
}

/// Raw slices are used where they lie.
Status Reader::decode_stream(Desk& desk, std::size_t segment, std::size_t stream) const {
  const SegmentEntry& entry = file_->index()[segment];
  const Frame& frame = entry.streams[stream];
  std::size_t offset = entry.plan.stored;
  for (std::size_t before = 0; before < stream; ++before) offset += entry.streams[before].stored;
  const ByteSpan stored = ByteSpan(desk.stored).subspan(offset, frame.stored);
  desk.views[stream] = stored;
  if (frame.coding == Coding::Raw) return {};

  desk.prefix.clear();
  const auto& windows = desk.plan.windows[stream];
  if (!windows.empty()) {
    if (base_ == nullptr) return fail(ErrorCode::Corrupt, "a keyframe with windows of a base");
    RETURN_IF_ERROR(
        base_->streams().append(kStreamKinds[stream], windows, desk.decoder, desk.prefix));
  }
  ByteVector& out = desk.streams[stream];
  out.resize(frame.size);
  desk.views[stream] = out;
  return desk.decoder.decode({.coding = frame.coding, .stored = stored, .prefix = desk.prefix},
                             out);
}

}  // namespace stagecache::pack
