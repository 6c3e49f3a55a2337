#include "pack_work.h"

#include <fmt/format.h>

#include "pack_policy.h"
#include "whole_read.h"

namespace stagecache::cache {
namespace {

/// What is set aside at first; differences of neighbouring releases take 1 to 5 %.
std::uint64_t expected_bytes(std::uint64_t artifact, bool is_difference) {
  return is_difference ? artifact / 20 : artifact + artifact / 50;
}

std::uint64_t largest(std::uint64_t artifact, bool is_difference) {
  return static_cast<std::uint64_t>(static_cast<double>(artifact) *
                                    (is_difference ? kLargestDifference : kLargestKeyframe));
}

Error gone(const Sha256& sha256, std::string_view what) {
  return {ErrorCode::NotFound, fmt::format("{} is no longer {}", sha256.hex(), what)};
}

}  // namespace

PackWork::PackWork(CacheContext& context, pack::Checkpoint checkpoint, PackProgress& progress)
    : context_(context), checkpoint_(std::move(checkpoint)), progress_(progress) {}

pack::Checkpoint PackWork::watching(const PackedBytes& bytes) const {
  return [this, &bytes] {
    progress_.done = bytes.reached();
    return checkpoint_();
  };
}

Result<PackWork::Raw> PackWork::open_raw(const Sha256& sha256) const {
  auto content = context_.store.content(sha256);
  if (!content) return error_of(std::move(content));
  if (!*content) return std::unexpected(gone(sha256, "stored raw"));
  return Raw{(*content)->artifact(),
             std::make_shared<PackedBytes>(**content, store::CacheUse::LeaveAlone)};
}

Result<std::optional<PackWork::Keyframe>> PackWork::open_keyframe(
    const std::optional<Sha256>& sha256) const {
  if (!sha256) return std::nullopt;
  const auto packed = context_.store.packed(*sha256);
  if (!packed) return std::unexpected(packed.error());
  if (!*packed || (*packed)->base) return std::unexpected(gone(*sha256, "a keyframe"));
  const Artifact& artifact = (*packed)->content.artifact();
  auto source = open_packed(**packed, store::CacheUse::LeaveAlone);
  if (source) return Keyframe{artifact, std::move(source->reader)};
  if (is_of_no_use(source.error())) context_.on_damaged(artifact, store::Form::Packed);
  return error_of(std::move(source));
}

Result<pack::Sketch> PackWork::sketch(const Sha256& sha256) {
  const auto raw = open_raw(sha256);
  if (!raw) return std::unexpected(raw.error());
  auto sketch = pack::sketch_of(*raw->bytes, watching(*raw->bytes));
  if (!sketch && raw->bytes->damaged()) context_.on_damaged(raw->artifact, store::Form::Raw);
  return sketch;
}

Result<PackWork::Kept> PackWork::pack(const Order& order) {
  const auto raw = open_raw(order.artifact);
  if (!raw) return std::unexpected(raw.error());
  const std::uint64_t size = raw->artifact.size;
  std::vector<Sha256> keep = order.keep;
  if (order.base) keep.push_back(*order.base);
  // Before the base is opened: it is compared at the commit with what it was here.
  auto writer =
      context_.store.begin_form({.sha256 = order.artifact,
                                 .form = store::Form::Packed,
                                 .expected_bytes = expected_bytes(size, order.base.has_value()),
                                 .room = store::Store::Room::MayEvict,
                                 .keep = std::move(keep)});
  if (!writer) return error_of(std::move(writer));
  const auto base = open_keyframe(order.base);
  if (!base) return std::unexpected(base.error());

  const std::uint64_t limit = largest(size, order.base.has_value());
  bool too_large = false;
  const auto packed = pack::pack(
      *raw->bytes,
      {.artifact = order.artifact, .base = reader_of(*base), .checkpoint = watching(*raw->bytes)},
      [&](std::span<const std::byte> bytes) -> Status {
        too_large = (*writer)->size() + bytes.size() > limit;
        if (too_large) return fail(ErrorCode::NoSpace, "it saves too little");
        return (*writer)->append(bytes);
      });
  if (too_large) return Kept::TooLarge;
  if (!packed) return std::unexpected(blame(packed.error(), *raw, *base));
  if (auto right = verify(**writer, order.artifact, *base); !right)
    return std::unexpected(blame(std::move(right).error(), *raw, *base));
  RETURN_IF_ERROR((*writer)->commit({.base = order.base, .raw_form = order.raw_form}));
  return Kept::Packed;
}

/// Opened as any reader would after a restart.
Status PackWork::verify(store::FormWriter& writer, const Sha256& sha256,
                        const std::optional<Keyframe>& base) {
  auto content = writer.seal();
  if (!content) return error_of(std::move(content));
  const auto bytes =
      std::make_shared<PackedBytes>(*std::move(content), store::CacheUse::LeaveAlone);
  const auto reader = pack::Reader::open(bytes, reader_of(base));
  if (!reader) return std::unexpected(reader.error());
  if ((*reader)->header().artifact != sha256)
    return fail(ErrorCode::Corrupt, "the header names another artifact");
  progress_.done = 0;
  auto right =
      rebuild_whole(**reader, checkpoint_, [this](std::span<const std::byte> rebuilt) -> Status {
        progress_.done += rebuilt.size();
        return {};
      });
  if (bytes->damaged()) return fail(ErrorCode::Busy, "what was written does not read back");
  return right;
}

/// Wrong bytes are the disk's fault, where it can be shown, else ours.
Error PackWork::blame(Error error, const Raw& raw, const std::optional<Keyframe>& base) const {
  if (error.code != ErrorCode::Corrupt) return error;
  // It may also be wrong without damage: what was stored was not what its name says.
  const Status raw_right =
      raw.bytes->damaged()
          ? Status(std::unexpected(error))
          : read_whole(*raw.bytes, raw.artifact.sha256,
                       [this](std::span<const std::byte>) { return checkpoint_(); });
  if (!raw_right && raw_right.error().code != ErrorCode::Corrupt) return raw_right.error();
  if (!raw_right) {
    context_.on_damaged(raw.artifact, store::Form::Raw);
    return error;
  }
  if (base) {
    const auto whole = rebuild_whole(*base->reader, checkpoint_, nullptr);
    if (!whole && whole.error().code != ErrorCode::Corrupt) return whole.error();
    if (!whole) {
      context_.on_damaged(base->artifact, store::Form::Packed);
      return error;
    }
  }
  return {ErrorCode::Internal, "the rebuilt bytes are wrong: " + error.message};
}

Status PackWork::unpack(const Sha256& sha256) {
  const auto packed = context_.store.packed(sha256);
  if (!packed) return std::unexpected(packed.error());
  if (!*packed) return std::unexpected(gone(sha256, "stored packed"));
  const Artifact& artifact = (*packed)->content.artifact();
  auto writer = context_.store.begin_form({.sha256 = sha256,
                                           .form = store::Form::Raw,
                                           .expected_bytes = artifact.size,
                                           .room = store::Store::Room::FreeOnly});
  if (!writer) return error_of(std::move(writer));
  const auto source = open_packed(**packed, store::CacheUse::LeaveAlone);
  auto rebuilt = source ? rebuild_whole(*source->reader, checkpoint_,
                                        [&](std::span<const std::byte> bytes) -> Status {
                                          progress_.done += bytes.size();
                                          return (*writer)->append(bytes);
                                        })
                        : Status(std::unexpected(source.error()));
  if (!rebuilt) {
    if (rebuilt.error().code == ErrorCode::Corrupt)
      context_.on_damaged(artifact, store::Form::Packed);
    return rebuilt;
  }
  return (*writer)->commit({});
}

}  // namespace stagecache::cache
