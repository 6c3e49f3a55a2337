#include "stagecache/pack/packer.h"

#include "checksum.h"
#include "gzip_members.h"
#include "layout.h"
#include "packed_file.h"
#include "segment.h"
#include "segment_coder.h"
#include "stagecache/base/check.h"

namespace stagecache::pack {
namespace {

/// A segment is the least that a request for one byte rebuilds, and what is coded at once. Small
/// artifacts (run times) have smaller ones: their streams are several times as long as the
/// artifact.
constexpr std::uint64_t kSegment = 1u << 20;
constexpr std::uint64_t kSmallSegment = 512u << 10;
/// Streams of a segment that were made to be long (a bit a token) end it early.
constexpr std::uint64_t kSegmentStreams = 4u << 20;
constexpr std::size_t kSegmentPieces = 8192;
/// Taken from the splitter at once.
constexpr std::uint64_t kPart = 256u << 10;

class Packer {
 public:
  Packer(const Bytes& artifact, const PackOrder& order, const Sink& sink)
      : artifact_(&artifact),
        order_(&order),
        sink_(&sink),
        coder_({.base = order.base, .artifact_bytes = artifact.size()}) {}

  Result<Packed> run() {
    auto members = GzipMembers::open(*artifact_);
    if (!members) return error_of(std::move(members));
    RETURN_IF_ERROR(coder_.learn_base(order_->checkpoint));
    RETURN_IF_ERROR(write_header());
    Part part;
    for (;;) {
      const auto more = members->next(kPart, part);
      if (!more) return std::unexpected(more.error());
      if (!*more) break;
      if (draft_.empty()) first_bit_ = part.first_bit;
      draft_.add(part);
      last_bit_ = part.last_bit;
      if (full()) RETURN_IF_ERROR(write_segment());
    }
    if (!draft_.empty()) RETURN_IF_ERROR(write_segment());
    RETURN_IF_ERROR(write_end());
    return Packed{.bytes = written_, .segments = index_.size()};
  }

 private:
  /// Never within one byte: each segment has a byte of its own.
  bool full() const {
    const std::uint64_t segment = artifact_->size() < kSmallArtifact ? kSmallSegment : kSegment;
    const std::uint64_t bytes = last_bit_ / 8 - first_bit_ / 8;
    return bytes > 0 && (bytes + kPart / 2 >= segment || draft_.stream_bytes() >= kSegmentStreams ||
                         draft_.plan.pieces.size() >= kSegmentPieces);
  }

  Status write_header() {
    FileHeader header;
    header.shown = {.artifact = order_->artifact, .size = artifact_->size(), .base = std::nullopt};
    if (order_->base) {
      header.shown.base = order_->base->header().artifact;
      header.base_index = order_->base->file().index_checksum();
    }
    ByteVector bytes;
    to_bytes(header, bytes);
    return write(bytes);
  }

  Status write_segment() {
    SegmentEntry& entry = index_.emplace_back();
    const std::uint64_t begin = first_bit_ / 8;
    entry.end = last_bit_ / 8;
    range_.resize(entry.end - begin);
    RETURN_IF_ERROR(artifact_->read(begin, range_));
    entry.checksum = checksum(range_);
    const auto bits = static_cast<unsigned>(first_bit_ % 8);
    draft_.plan.before = {.value = static_cast<std::uint8_t>(std::to_integer<unsigned>(range_[0]) &
                                                             ((1u << bits) - 1)),
                          .bits = bits};

    coded_.clear();
    RETURN_IF_ERROR(coder_.code(draft_, begin, entry, coded_));
    draft_.clear();
    RETURN_IF_ERROR(write(coded_));
    return order_->checkpoint ? order_->checkpoint() : Status{};
  }

  Status write_end() {
    ByteVector bytes;
    to_bytes(index_, bytes);
    const Footer footer{
        .index_offset = written_, .index_bytes = bytes.size(), .index_checksum = checksum(bytes)};
    to_bytes(footer, bytes);
    return write(bytes);
  }

  Status write(ByteSpan bytes) {
    written_ += bytes.size();
    return (*sink_)(bytes);
  }

  const Bytes* artifact_;
  const PackOrder* order_;
  const Sink* sink_;
  SegmentCoder coder_;
  SegmentDraft draft_;
  std::uint64_t first_bit_ = 0;
  std::uint64_t last_bit_ = 0;
  ByteVector range_;
  ByteVector coded_;
  std::vector<SegmentEntry> index_;
  std::uint64_t written_ = 0;
};

}  // namespace

Result<Packed> pack(const Bytes& artifact, const PackOrder& order, const Sink& sink) {
  CHECK(order.base == nullptr || !order.base->header().base);
  return Packer(artifact, order, sink).run();
}

}  // namespace stagecache::pack
