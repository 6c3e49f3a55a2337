#include "packed_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "checksum.h"

namespace stagecache::pack {
namespace {

Result<HeaderRead> header_of(const Bytes& packed) {
  ByteVector bytes(std::min<std::uint64_t>(kMaxHeaderBytes, packed.size()));
  RETURN_IF_ERROR(packed.read(0, bytes));
  return header_from(bytes);
}

Result<Footer> footer_of(const Bytes& packed, std::uint64_t header_bytes) {
  if (packed.size() < header_bytes + kFooterBytes)
    return fail(ErrorCode::Corrupt, "packed form: cut off");
  ByteVector bytes(kFooterBytes);
  RETURN_IF_ERROR(packed.read(packed.size() - kFooterBytes, bytes));
  auto footer = footer_from(bytes);
  if (!footer) return footer;
  const std::uint64_t index_end = packed.size() - kFooterBytes;
  if (footer->index_offset < header_bytes || footer->index_offset > index_end ||
      footer->index_bytes != index_end - footer->index_offset)
    return fail(ErrorCode::Corrupt, "packed form: its index is not where its end says");
  return footer;
}

Status check_frame(const Frame& frame, ByteSpan stored) {
  if (frame.size == 0 || checksum(stored) == frame.checksum) return {};
  return fail(ErrorCode::Corrupt, "stored bytes do not match their checksum");
}

}  // namespace

Result<Header> read_header(const Bytes& packed) {
  auto read = header_of(packed);
  if (!read) return error_of(std::move(read));
  return read->header.shown;
}

Result<std::shared_ptr<const PackedFile>> PackedFile::open(std::shared_ptr<const Bytes> packed) {
  auto header = header_of(*packed);
  if (!header) return error_of(std::move(header));
  const auto footer = footer_of(*packed, header->bytes);
  if (!footer) return std::unexpected(footer.error());

  ByteVector bytes(footer->index_bytes);
  RETURN_IF_ERROR(packed->read(footer->index_offset, bytes));
  if (checksum(bytes) != footer->index_checksum)
    return fail(ErrorCode::Corrupt, "packed form: its index does not match its checksum");
  auto index = index_from(bytes, {.first_offset = header->bytes,
                                  .end_offset = footer->index_offset,
                                  .artifact_size = header->header.shown.size});
  if (!index) return error_of(std::move(index));

  auto file = std::make_shared<PackedFile>();
  file->packed_ = std::move(packed);
  file->header_ = header->header;
  file->index_ = std::move(*index);
  file->index_checksum_ = footer->index_checksum;
  return file;
}

Status PackedFile::read_segment(std::size_t segment, ByteVector& out) const {
  const SegmentEntry& entry = index_[segment];
  out.resize(entry.stored());
  RETURN_IF_ERROR(packed_->read(entry.offset, out));
  ByteSpan left(out);
  RETURN_IF_ERROR(check_frame(entry.plan, left.first(entry.plan.stored)));
  left = left.subspan(entry.plan.stored);
  for (const Frame& frame : entry.streams) {
    RETURN_IF_ERROR(check_frame(frame, left.first(frame.stored)));
    left = left.subspan(frame.stored);
  }
  return {};
}

Status PackedFile::read_frame(const FrameId& id, ByteVector& out) const {
  const SegmentEntry& entry = index_[id.segment];
  std::uint64_t offset = entry.offset + entry.plan.stored;
  for (std::size_t before = 0; before < pack::index(id.stream); ++before)
    offset += entry.streams[before].stored;
  const Frame& frame = entry.streams[pack::index(id.stream)];
  out.resize(frame.stored);
  RETURN_IF_ERROR(packed_->read(offset, out));
  return check_frame(frame, out);
}

}  // namespace stagecache::pack
