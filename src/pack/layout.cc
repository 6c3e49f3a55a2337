#include "layout.h"

#include <fmt/format.h>

#include <algorithm>

#include "byte_io.h"
#include "checksum.h"
#include "stagecache/base/check.h"

namespace stagecache::pack {
namespace {

constexpr std::uint64_t kHeaderMagic = 0x4b504353'0a0d1a00;  // Ends in a NUL, no text file.
constexpr std::uint64_t kFooterMagic = 0x444e4550'4b504353;
constexpr std::uint8_t kVersion = 1;
constexpr std::uint64_t kMaxArtifact = 1ull << 48;

std::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorCode::Corrupt, fmt::format("packed form: {}", what));
}

void write_frame(const Frame& frame, ByteWriter& out) {
  out.varint(frame.size);
  if (frame.size == 0) return;
  out.u8(static_cast<std::uint8_t>(frame.coding));
  if (frame.coding != Coding::Raw) out.varint(frame.stored);
  out.u64(frame.checksum);
}

Result<Frame> read_frame(ByteReader& in) {
  Frame frame;
  const std::uint64_t size = in.varint();
  if (size == 0) return frame;
  const std::uint8_t coding = in.u8();
  const bool raw = coding == static_cast<std::uint8_t>(Coding::Raw);
  const std::uint64_t stored = raw ? size : in.varint();
  frame.checksum = in.u64();
  if (coding > static_cast<std::uint8_t>(Coding::Zstd))
    return damaged("a frame of no known coding");
  if (size > kMaxStreamBytes || stored > kMaxStreamBytes) return damaged("a frame is too large");
  frame.size = static_cast<std::uint32_t>(size);
  frame.stored = static_cast<std::uint32_t>(stored);
  frame.coding = static_cast<Coding>(coding);
  return frame;
}

Result<SegmentEntry> read_entry(ByteReader& in, const SegmentEntry& before) {
  SegmentEntry entry;
  const std::uint64_t length = in.varint();
  if (length > kMaxSegmentBytes) return damaged("a segment is too large");
  entry.end = before.end + length;
  entry.offset = before.offset + before.stored();
  entry.checksum = in.u64();
  auto plan = read_frame(in);
  if (!plan) return error_of(std::move(plan));
  entry.plan = *plan;
  for (Frame& frame : entry.streams) {
    auto read = read_frame(in);
    if (!read) return error_of(std::move(read));
    frame = *read;
  }
  return entry;
}

}  // namespace

std::uint64_t SegmentEntry::stored() const {
  std::uint64_t bytes = plan.stored;
  for (const Frame& frame : streams) bytes += frame.stored;
  return bytes;
}

void to_bytes(const FileHeader& header, ByteVector& out) {
  const std::size_t begin = out.size();
  ByteWriter writer(out);
  writer.u64(kHeaderMagic);
  writer.u8(kVersion);
  writer.u8(header.shown.base ? 1 : 0);
  writer.bytes(header.shown.artifact.bytes);
  writer.u64(header.shown.size);
  if (header.shown.base) {
    writer.bytes(header.shown.base->bytes);
    writer.u64(header.base_index);
  }
  writer.u64(checksum(std::span(out).subspan(begin)));
}

Result<HeaderRead> header_from(ByteSpan bytes) {
  ByteReader in(bytes);
  if (in.u64() != kHeaderMagic) return damaged("does not begin as one");
  const std::uint8_t version = in.u8();
  if (in.ok() && version > kVersion)
    return fail(ErrorCode::TooNew,
                fmt::format("packed form: version {}, this program knows {}", version, kVersion));
  const std::uint8_t has_base = in.u8();
  const auto artifact = in.bytes(32);
  HeaderRead read;
  read.header.shown.size = in.u64();
  if (!in.ok() || version != kVersion || has_base > 1) return damaged("its header is damaged");
  read.header.shown.artifact = Sha256::from(artifact);
  if (has_base == 1) {
    const auto base = in.bytes(32);
    read.header.base_index = in.u64();
    if (!in.ok()) return damaged("its header is cut off");
    read.header.shown.base = Sha256::from(base);
  }
  read.bytes = bytes.size() - in.left();
  if (in.u64() != checksum(bytes.first(read.bytes)) || !in.ok() ||
      read.header.shown.size > kMaxArtifact)
    return damaged("its header is damaged");
  read.bytes += 8;
  return read;
}

void to_bytes(const std::vector<SegmentEntry>& entries, ByteVector& out) {
  ByteWriter writer(out);
  std::uint64_t begin = 0;
  for (const SegmentEntry& entry : entries) {
    writer.varint(entry.end - begin);
    writer.u64(entry.checksum);
    write_frame(entry.plan, writer);
    for (const Frame& frame : entry.streams) write_frame(frame, writer);
    begin = entry.end;
  }
}

Result<std::vector<SegmentEntry>> index_from(ByteSpan bytes, const IndexPlace& place) {
  ByteReader in(bytes);
  std::vector<SegmentEntry> entries;
  SegmentEntry before;
  before.offset = place.first_offset;
  while (in.left() > 0) {
    auto entry = read_entry(in, before);
    if (!entry) return error_of(std::move(entry));
    if (!in.ok() || entry->end == before.end) return damaged("its index is damaged");
    before = *entry;
    entries.push_back(before);
  }
  if (before.end != place.artifact_size || before.offset + before.stored() != place.end_offset)
    return damaged("its index does not cover it");
  return entries;
}

void to_bytes(const Footer& footer, ByteVector& out) {
  const std::size_t begin = out.size();
  ByteWriter writer(out);
  writer.u64(footer.index_offset);
  writer.u64(footer.index_bytes);
  writer.u64(footer.index_checksum);
  writer.u64(kFooterMagic);
  writer.u64(checksum(std::span(out).subspan(begin)));
}

Result<Footer> footer_from(ByteSpan bytes) {
  CHECK(bytes.size() == kFooterBytes);
  ByteReader in(bytes);
  Footer footer;
  footer.index_offset = in.u64();
  footer.index_bytes = in.u64();
  footer.index_checksum = in.u64();
  if (in.u64() != kFooterMagic || in.u64() != checksum(bytes.first(kFooterBytes - 8)))
    return damaged("does not end as one: cut off, or damaged");
  if (footer.index_bytes > kMaxIndexBytes) return damaged("its index is too large");
  return footer;
}

}  // namespace stagecache::pack
