#include "stagecache/pack/reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base_streams.h"
#include "checksum.h"
#include "packed_file.h"
#include "segment.h"
#include "stagecache/base/check.h"
#include "stagecache/base/mutex.h"
#include "stream_codec.h"

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

/// What is kept of a buffer that something awkward has made large.
constexpr std::size_t kKeptBytes = 8u << 20;

void trim(ByteVector& buffer) {
  if (buffer.capacity() > kKeptBytes) ByteVector().swap(buffer);
}

}  // namespace

/// What one rebuild() works with; used again by the next.
struct Reader::Desk {
  StreamDecoder decoder;
  ByteVector stored;
  ByteVector prefix;
  SegmentPlan plan;
  PerStream<ByteVector> streams;
  PerStream<ByteSpan> views;
};

class Reader::Desks {
 public:
  std::unique_ptr<Desk> take() {
    MutexLock lock(mutex_);
    if (idle_.empty()) return std::make_unique<Desk>();
    auto desk = std::move(idle_.back());
    idle_.pop_back();
    return desk;
  }
  void give_back(std::unique_ptr<Desk> desk) {
    trim(desk->stored);
    trim(desk->prefix);
    for (ByteVector& stream : desk->streams) trim(stream);
    MutexLock lock(mutex_);
    if (idle_.size() < kKept) idle_.push_back(std::move(desk));
  }

 private:
  static constexpr std::size_t kKept = 4;
  Mutex mutex_;
  std::vector<std::unique_ptr<Desk>> idle_ GUARDED_BY(mutex_);
};

Reader::Reader(std::shared_ptr<const PackedFile> file, std::shared_ptr<const Reader> base)
    : file_(std::move(file)), base_(std::move(base)), desks_(std::make_unique<Desks>()) {
  if (!header().base) streams_ = std::make_unique<BaseStreams>(file_, kCacheBytes);
}

Reader::~Reader() = default;

Result<std::shared_ptr<const Reader>> Reader::open(std::shared_ptr<const Bytes> packed,
                                                   std::shared_ptr<const Reader> base) {
  auto file = PackedFile::open(std::move(packed));
  if (!file) return error_of(std::move(file));
  RETURN_IF_ERROR(check_base((*file)->header(), base.get()));
  return std::shared_ptr<const Reader>(new Reader(std::move(*file), std::move(base)));
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
  auto desk = desks_->take();
  auto bytes = rebuild_at(*desk, segment);
  desks_->give_back(std::move(desk));
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
    RETURN_IF_ERROR(base_->streams().append(kStreamKinds[stream], windows, desk.prefix));
  }
  ByteVector& out = desk.streams[stream];
  out.resize(frame.size);
  desk.views[stream] = out;
  return desk.decoder.decode({.coding = frame.coding, .stored = stored, .prefix = desk.prefix},
                             out);
}

}  // namespace stagecache::pack
