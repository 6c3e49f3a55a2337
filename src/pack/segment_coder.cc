#include "segment_coder.h"

#include "anchors.h"
#include "base_streams.h"
#include "base_windows.h"
#include "checksum.h"

namespace stagecache::pack {
namespace {

constexpr int kKeyframeLevel = 3;
constexpr int kPlanLevel = 9;  // Small.
constexpr PerStream<int> kDifferenceLevel{5, 9, 9, 9, 9};

/// 64 MiB for literals and distances (the long ones) together, 24 MiB for the rest.
constexpr PerStream<std::size_t> kMaxSlots{4u << 20, 1u << 20, 1u << 20, 4u << 20, 1u << 19};

}  // namespace

Status SegmentCoder::learn_base(const Checkpoint& checkpoint) {
  if (base_ == nullptr) return {};
  const BaseStreams& streams = base_->streams();
  for (const StreamKind stream : kStreamKinds) {
    const std::size_t at = index(stream);
    BaseAnchors& anchors =
        anchors_.emplace_back(BaseAnchors::Extent{.stream_bytes = streams.size_of(stream),
                                                  .bucket_bytes = kBucketBytes[at],
                                                  .max_slots = kMaxSlots[at]});
    AnchorScan scan;
    for (std::size_t segment = 0; segment < base_->segments(); ++segment) {
      const auto slice = streams.decode({.segment = segment, .stream = stream});
      if (!slice) return std::unexpected(slice.error());
      scan.scan(*slice,
                [&](std::uint64_t position, std::uint64_t hash) { anchors.add(hash, position); });
      if (checkpoint) RETURN_IF_ERROR(checkpoint());
    }
  }
  return {};
}

Status SegmentCoder::code(SegmentDraft& draft, double place, SegmentEntry& entry, ByteVector& out) {
  if (base_ != nullptr)
    for (const StreamKind stream : kStreamKinds)
      draft.plan.windows[index(stream)] = windows_of(stream, draft.streams[index(stream)], place);

  plan_.clear();
  to_bytes(draft.plan, plan_);
  auto plan = code_frame({.bytes = plan_, .prefix = {}, .level = kPlanLevel}, out);
  if (!plan) return error_of(std::move(plan));
  entry.plan = *plan;
  for (const StreamKind stream : kStreamKinds) {
    const std::size_t at = index(stream);
    prefix_.clear();
    if (base_ != nullptr)
      RETURN_IF_ERROR(base_->streams().append(stream, draft.plan.windows[at], prefix_));
    auto frame = code_frame({.bytes = draft.streams[at],
                             .prefix = prefix_,
                             .level = base_ ? kDifferenceLevel[at] : kKeyframeLevel},
                            out);
    if (!frame) return error_of(std::move(frame));
    entry.streams[at] = *frame;
  }
  return {};
}

std::vector<std::uint32_t> SegmentCoder::windows_of(StreamKind stream, const ByteVector& slice,
                                                    double place) const {
  const BaseAnchors& anchors = anchors_[index(stream)];
  std::vector<std::uint32_t> votes;
  AnchorScan scan;
  scan.scan(slice, [&](std::uint64_t, std::uint64_t hash) {
    if (const auto bucket = anchors.bucket_of(hash)) votes.push_back(*bucket);
  });
  return base_windows(std::move(votes), {.buckets_of_base = base_->streams().buckets_of(stream),
                                         .max_buckets = kMaxBuckets,
                                         .place = place});
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
