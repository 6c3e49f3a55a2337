#include "base_streams.h"

#include <fmt/format.h>

#include <algorithm>

namespace stagecache::pack {

BaseStreams::BaseStreams(std::shared_ptr<const PackedFile> file, StreamCache& cache)
    : file_(std::move(file)), cache_(cache), keyframe_(cache.add()) {
  for (std::size_t stream = 0; stream < kStreams; ++stream) {
    begins_[stream].push_back(0);
    for (const SegmentEntry& entry : file_->index())
      begins_[stream].push_back(begins_[stream].back() + entry.streams[stream].size);
  }
}

std::uint32_t BaseStreams::buckets_of(StreamKind stream) const {
  const std::uint64_t bucket = kBucketBytes[index(stream)];
  return static_cast<std::uint32_t>((size_of(stream) + bucket - 1) / bucket);
}

Status BaseStreams::append(StreamKind stream, const std::vector<std::uint32_t>& buckets,
                           StreamDecoder& decoder, ByteVector& out) const {
  const std::uint64_t bytes = kBucketBytes[index(stream)];
  for (std::size_t at = 0; at < buckets.size();) {
    std::size_t next = at + 1;  // Neighbours are read at once.
    while (next < buckets.size() && buckets[next] == buckets[next - 1] + 1) ++next;
    if (buckets[next - 1] >= buckets_of(stream))
      return fail(ErrorCode::Corrupt, "a window lies behind the end of the base");
    const Range range{.stream = stream,
                      .begin = buckets[at] * bytes,
                      .end = std::min((buckets[next - 1] + 1) * bytes, size_of(stream))};
    RETURN_IF_ERROR(append(range, decoder, out));
    at = next;
  }
  return {};
}

Status BaseStreams::append(const Range& range, StreamDecoder& decoder, ByteVector& out) const {
  const auto& begins = begins_[index(range.stream)];
  auto segment =
      static_cast<std::size_t>(std::ranges::upper_bound(begins, range.begin) - begins.begin() - 1);
  for (; segment + 1 < begins.size() && begins[segment] < range.end; ++segment) {
    const FrameId id{.segment = segment, .stream = range.stream};
    const auto slice =
        cache_.get({.keyframe = keyframe_, .segment = segment, .stream = range.stream},
                   [&] { return decode(id, decoder); });
    if (!slice) return std::unexpected(slice.error());
    const std::uint64_t from = std::max(range.begin, begins[segment]) - begins[segment];
    const std::uint64_t to = std::min(range.end, begins[segment + 1]) - begins[segment];
    if (from >= to) continue;  // An empty slice.
    const auto first = (*slice)->begin();
    out.insert(out.end(), first + static_cast<std::ptrdiff_t>(from),
               first + static_cast<std::ptrdiff_t>(to));
  }
  return {};
}

Result<ByteVector> BaseStreams::decode(const FrameId& id, StreamDecoder& decoder) const {
  const Frame& frame = file_->index()[id.segment].streams[index(id.stream)];
  ByteVector stored;
  auto status = file_->read_frame(id, stored);
  // Most literals of jars lie as they are: they are not copied once more.
  if (status && frame.coding == Coding::Raw && stored.size() == frame.size) return stored;
  ByteVector slice(frame.size);
  if (status && frame.size > 0)
    status = decoder.decode({.coding = frame.coding, .stored = stored, .prefix = {}}, slice);
  if (!status)
    return std::unexpected(std::move(status).error().in(
        fmt::format("keyframe {}: segment {}: {}", file_->header().shown.artifact.hex(), id.segment,
                    kStreamNames[index(id.stream)])));
  return slice;
}

}  // namespace stagecache::pack
