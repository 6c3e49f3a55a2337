#include "segment_coder.h"

#include <algorithm>

#include "anchors.h"
#include "base_streams.h"
#include "base_windows.h"
#include "checksum.h"

namespace stagecache::pack {
namespace {

/// Levels of zstd: about 80 MB/s of a large .tgz, 35 MB/s of a run time. More of either costs time
/// in proportion and gives little: level 9 throughout makes a run time's difference 1 % smaller.
constexpr int kKeyframeLevel = 3;
constexpr int kPlanLevel = 9;  // Small.
constexpr PerStream<int> kDifferenceLevel{3, 6, 6, 6, 6};
/// The literals of a run time are text, where level 4 gives 3 % more.
constexpr int kSmallLiteralsLevel = 4;

/// zstd puts a prefix into its tables anew for each slice, so short slices get short ones: this
/// many times their own length.
constexpr std::uint64_t kPrefixRatio = 4;

/// 16 MiB for the literals, 4 for the distances, 2 each for the rest.
constexpr PerStream<std::size_t> kMaxSlots{1u << 21, 1u << 18, 1u << 18, 1u << 19, 1u << 18};

std::vector<Anchor> anchors_of(AnchorScan& scan, ByteSpan slice) {
  std::vector<Anchor> anchors;
  anchors.reserve(slice.size() / 100);
  scan.scan(slice, [&](std::uint64_t position, std::uint64_t hash) {
    anchors.push_back({.position = position, .hash = hash});
  });
  return anchors;
}

}  // namespace

Status SegmentCoder::learn_base(const Checkpoint& checkpoint) {
  if (work_.base == nullptr) return {};
  const BaseStreams& streams = work_.base->streams();
  for (const StreamKind stream : kStreamKinds) {
    const std::size_t at = index(stream);
    BaseAnchors& anchors =
        anchors_.emplace_back(BaseAnchors::Extent{.stream_bytes = streams.size_of(stream),
                                                  .bucket_bytes = kBucketBytes[at],
                                                  .max_slots = kMaxSlots[at]});
    AnchorScan scan;
    for (std::size_t segment = 0; segment < work_.base->segments(); ++segment) {
      const auto slice = streams.decode({.segment = segment, .stream = stream}, decoder_);
      if (!slice) return std::unexpected(slice.error());
      anchors.add(anchors_of(scan, *slice));
      if (checkpoint) RETURN_IF_ERROR(checkpoint());
    }
  }
  return {};
}

Status SegmentCoder::code(SegmentDraft& draft, std::uint64_t begin, SegmentEntry& entry,
                          ByteVector& out) {
  if (work_.base != nullptr)
    for (const StreamKind stream : kStreamKinds)
      draft.plan.windows[index(stream)] = windows_of(stream, draft.streams[index(stream)], begin);

  plan_.clear();
  to_bytes(draft.plan, plan_);
  auto plan = code_frame({.bytes = plan_, .prefix = {}, .level = kPlanLevel}, out);
  if (!plan) return error_of(std::move(plan));
  entry.plan = *plan;
  for (const StreamKind stream : kStreamKinds) {
    const std::size_t at = index(stream);
    prefix_.clear();
    if (work_.base != nullptr)
      RETURN_IF_ERROR(
          work_.base->streams().append(stream, draft.plan.windows[at], decoder_, prefix_));
    auto frame =
        code_frame({.bytes = draft.streams[at], .prefix = prefix_, .level = level_of(stream)}, out);
    if (!frame) return error_of(std::move(frame));
    entry.streams[at] = *frame;
  }
  return {};
}

std::vector<std::uint32_t> SegmentCoder::windows_of(StreamKind stream, const ByteVector& slice,
                                                    std::uint64_t begin) const {
  if (slice.empty()) return {};
  std::vector<std::uint32_t> votes;
  AnchorScan scan;
  anchors_[index(stream)].find(anchors_of(scan, slice), votes);
  const std::uint64_t prefix = slice.size() * kPrefixRatio / kBucketBytes[index(stream)];
  return base_windows(
      std::move(votes),
      {.buckets_of_base = work_.base->streams().buckets_of(stream),
       .max_buckets = std::clamp<std::uint64_t>(prefix, 2, kMaxBuckets),
       .place = static_cast<double>(begin) / static_cast<double>(work_.artifact_bytes)});
}

int SegmentCoder::level_of(StreamKind stream) const {
  if (work_.base == nullptr) return kKeyframeLevel;
  const bool small = work_.artifact_bytes < kSmallArtifact;
  if (small && stream == StreamKind::Literals) return kSmallLiteralsLevel;
  return kDifferenceLevel[index(stream)];
}

Result<Frame> SegmentCoder::code_frame(const StreamEncoder::Order& order, ByteVector& out) {
  if (order.bytes.empty()) return Frame{};
  const std::size_t before = out.size();
  const auto coding = encoder_.encode(order, out);
  if (!coding) return std::unexpected(coding.error());
  return Frame{.size = static_cast<std::uint32_t>(order.bytes.size()),
               .stored = static_cast<std::uint32_t>(out.size() - before),
               .coding = *coding,
               .checksum = checksum(ByteSpan(out).subspan(before))};
}

}  // namespace stagecache::pack
