#include "gzip_header.h"

#include <algorithm>

namespace stagecache::pack {
namespace {

constexpr std::size_t kFixedPart = 10;  // magic, method, flags, time, extra flags, system
constexpr unsigned kHeaderCrc = 0x02, kExtra = 0x04, kName = 0x08, kComment = 0x10;
constexpr unsigned kReserved = 0xe0;

unsigned byte_at(std::span<const std::byte> bytes, std::size_t index) {
  return std::to_integer<unsigned>(bytes[index]);
}

bool begins_like_gzip(std::span<const std::byte> bytes) {
  return bytes.size() >= kFixedPart && byte_at(bytes, 0) == 0x1f && byte_at(bytes, 1) == 0x8b &&
         byte_at(bytes, 2) == 8 && (byte_at(bytes, 3) & kReserved) == 0;
}

/// Steps over the optional fields in their order; npos behind the end of the bytes.
class FieldSkipper {
 public:
  explicit FieldSkipper(std::span<const std::byte> bytes) : bytes_(bytes) {}

  void skip_extra() {
    if (!has(2)) return;
    const std::size_t length = byte_at(bytes_, at_) | byte_at(bytes_, at_ + 1) << 8;
    skip(2 + length);
  }
  void skip_text() {
    if (!ok_) return;
    const auto rest = bytes_.subspan(at_);
    const auto zero = std::ranges::find(rest, std::byte{0});
    skip(static_cast<std::size_t>(zero - rest.begin()) + 1);
  }
  void skip(std::size_t count) {
    if (has(count)) at_ += count;
  }
  std::optional<std::size_t> position() const { return ok_ ? std::optional(at_) : std::nullopt; }

 private:
  bool has(std::size_t count) { return ok_ = ok_ && count <= bytes_.size() - at_; }

  std::span<const std::byte> bytes_;
  std::size_t at_ = kFixedPart;
  bool ok_ = true;
};

}  // namespace

std::optional<std::size_t> gzip_header_length(std::span<const std::byte> bytes) {
  if (!begins_like_gzip(bytes)) return std::nullopt;
  const unsigned flags = byte_at(bytes, 3);

  FieldSkipper fields(bytes.first(std::min(bytes.size(), kMaxGzipHeader)));
  if (flags & kExtra) fields.skip_extra();
  if (flags & kName) fields.skip_text();
  if (flags & kComment) fields.skip_text();
  if (flags & kHeaderCrc) fields.skip(2);
  return fields.position();
}

}  // namespace stagecache::pack
