#include "stagecache/pack/sketch.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "anchors.h"
#include "byte_io.h"
#include "gzip_members.h"

namespace stagecache::pack {
namespace {

constexpr std::uint64_t kPart = 256 * 1024;  // Its tokens stay in the processor's cache.
constexpr std::uint64_t kCheckpointEvery = 1u << 20;
constexpr std::uint8_t kVersion = 1;

/// Keeps the smallest hashes of those it is shown.
class Smallest {
 public:
  void show(std::uint64_t hash) {
    if (hash >= bound_) return;
    kept_.push_back(hash);
    if (kept_.size() >= 4 * kSketchAnchors) shrink();
  }
  std::vector<std::uint64_t> take() {
    shrink();
    return std::move(kept_);
  }

 private:
  void shrink() {
    std::ranges::sort(kept_);
    const auto doubles = std::ranges::unique(kept_);
    kept_.erase(doubles.begin(), doubles.end());
    if (kept_.size() < kSketchAnchors) return;
    kept_.resize(kSketchAnchors);
    bound_ = kept_.back();
  }

  std::vector<std::uint64_t> kept_;
  std::uint64_t bound_ = std::numeric_limits<std::uint64_t>::max();
};

}  // namespace

Result<Sketch> sketch_of(const Bytes& artifact, const Checkpoint& checkpoint) {
  auto members = GzipMembers::open(artifact);
  if (!members) return error_of(std::move(members));

  Part part;
  AnchorScan anchors;
  Smallest smallest;
  std::uint64_t checked_at = 0;
  for (;;) {
    const auto more = members->next(kPart, part);
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    if (part.kind == Part::Kind::Tokens)
      anchors.scan(part.tokens.literals,
                   [&](std::uint64_t, std::uint64_t hash) { smallest.show(mixed(hash)); });
    if (part.last_bit / 8 - checked_at < kCheckpointEvery - kPart) continue;
    RETURN_IF_ERROR(checkpoint());
    checked_at = part.last_bit / 8;
  }
  return Sketch{.anchors = smallest.take()};
}

double alike(const Sketch& a, const Sketch& b) {
  std::size_t common = 0;
  std::size_t seen = 0;  // Of the smallest of both together.
  auto left = a.anchors.begin();
  auto right = b.anchors.begin();
  while (seen < kSketchAnchors && left != a.anchors.end() && right != b.anchors.end()) {
    ++seen;
    if (*left == *right) ++common;
    const std::uint64_t smaller = std::min(*left, *right);
    if (*left == smaller) ++left;
    if (*right == smaller) ++right;
  }
  // A full sketch ends only when enough are seen; a short one is all there is, and what the other
  // has beyond it counts.
  const auto beyond = (a.anchors.end() - left) + (b.anchors.end() - right);
  seen = std::min(seen + static_cast<std::size_t>(beyond), kSketchAnchors);
  return seen == 0 ? 0 : static_cast<double>(common) / static_cast<double>(seen);
}

std::string to_bytes(const Sketch& sketch) {
  std::vector<std::byte> bytes;
  ByteWriter out(bytes);
  out.u8(kVersion);
  for (const std::uint64_t anchor : sketch.anchors) out.u64(anchor);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Result<Sketch> sketch_from(std::string_view bytes) {
  ByteReader in(std::as_bytes(std::span(bytes)));
  const std::uint8_t version = in.u8();
  if (version == 0) return fail(ErrorCode::Corrupt, "sketch: no version");
  if (version > kVersion)
    return fail(ErrorCode::TooNew,
                fmt::format("sketch: version {}, this program knows {}", version, kVersion));
  if (in.left() % 8 != 0 || in.left() / 8 > kSketchAnchors)
    return fail(ErrorCode::Corrupt, fmt::format("sketch: {} bytes of anchors, not 8 each, at most "
                                                "{} anchors",
                                                in.left(), kSketchAnchors));
  Sketch sketch;
  while (in.left() > 0) {
    const std::uint64_t anchor = in.u64();
    if (!sketch.anchors.empty() && anchor <= sketch.anchors.back())
      return fail(ErrorCode::Corrupt, "sketch: anchors not in ascending order");
    sketch.anchors.push_back(anchor);
  }
  return sketch;
}

}  // namespace stagecache::pack
