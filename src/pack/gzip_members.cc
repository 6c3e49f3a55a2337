#include "gzip_members.h"

#include <algorithm>
#include <cstring>

#include "gzip_header.h"
#include "stagecache/base/check.h"

namespace stagecache::pack {
namespace {

/// What is read at once, so that small parts do not cost a read each.
constexpr std::uint64_t kReadAhead = 1u << 20;

}  // namespace

Result<GzipMembers> GzipMembers::open(const Bytes& artifact) {
  GzipMembers members(artifact);
  RETURN_IF_ERROR(members.find_stream(0));
  if (!members.stream_follows_)
    return fail(ErrorCode::BadInput, "not gzip: no gzip header at its beginning");
  return members;
}

Result<bool> GzipMembers::next(std::uint64_t limit, Part& part) {
  CHECK(limit >= 1 && limit <= kMaxPart);
  while (at_ < artifact_->size() * 8) {
    part.bytes.clear();
    part.tokens.clear();
    part.first_bit = at_;
    part.padding = 0;
    part.padding_bits = 0;
    RETURN_IF_ERROR(in_stream_ ? next_tokens(limit, part) : next_verbatim(limit, part));
    part.last_bit = at_;
    if (part.last_bit > part.first_bit) return true;
  }
  return false;
}

/// What is verbatim from here on goes to the next stream, or to the end.
Status GzipMembers::find_stream(std::uint64_t end_of_trailer) {
  const auto header = window(end_of_trailer, kMaxGzipHeader);
  if (!header) return std::unexpected(header.error());
  const auto length = gzip_header_length(*header);
  stream_follows_ = length.has_value();
  verbatim_end_ = length ? end_of_trailer + *length : artifact_->size();
  return {};
}

Status GzipMembers::next_verbatim(std::uint64_t limit, Part& part) {
  const std::uint64_t begin = at_ / 8;
  const std::uint64_t length = std::min(limit, verbatim_end_ - begin);
  const auto bytes = window(begin, length);
  if (!bytes) return std::unexpected(bytes.error());
  part.kind = Part::Kind::Verbatim;
  part.bytes.assign(bytes->begin(), bytes->begin() + static_cast<std::ptrdiff_t>(length));
  at_ = (begin + length) * 8;
  if (begin + length < verbatim_end_ || !stream_follows_) return {};

  in_stream_ = true;
  decoder_.emplace();
  return {};
}

Status GzipMembers::next_tokens(std::uint64_t limit, Part& part) {
  using Stop = deflate::Decoder::Stop;
  const std::uint64_t begin = at_ / 8;
  const auto input = window(begin, limit + deflate::kSlackBytes);
  if (!input) return std::unexpected(input.error());
  const std::uint64_t from = at_ % 8;
  const std::uint64_t target = std::min<std::uint64_t>(from + limit * 8, input->size() * 8);

  part.kind = Part::Kind::Tokens;
  const auto reached = decoder_->decode(*input, {.from = from, .target = target}, part.tokens);
  CHECK(reached.bit >= from && reached.bit <= input->size() * 8);
  at_ = begin * 8 + reached.bit;
  const bool goes_on =
      reached.stop == Stop::Target ||
      (reached.stop == Stop::NeedsInput && reached.bit > from &&  // else a token without end
       begin + input->size() < artifact_->size());
  if (goes_on) return {};

  const bool whole = reached.stop == Stop::EndOfStream;
  end_stream(*input, reached.bit, part);
  if (whole) return find_stream(std::min(at_ / 8 + kGzipTrailer, artifact_->size()));
  stream_follows_ = false;  // Broken or cut off: who knows what the rest is.
  verbatim_end_ = artifact_->size();
  return {};
}

/// The rest of the byte in which the last token ends goes with the stream.
void GzipMembers::end_stream(std::span<const std::byte> input, std::uint64_t bit, Part& part) {
  in_stream_ = false;
  decoder_.reset();
  if (bit % 8 == 0) return;
  part.padding_bits = 8 - static_cast<unsigned>(bit % 8);
  part.padding = static_cast<std::uint8_t>(std::to_integer<unsigned>(input[bit / 8]) >> bit % 8);
  at_ += part.padding_bits;
}

/// At least `length` bytes from `offset`, fewer only at the artifact's end; valid until the next
/// call.
Result<std::span<const std::byte>> GzipMembers::window(std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t end = std::min(offset + length, artifact_->size());
  const std::uint64_t buffer_end = buffer_begin_ + buffer_.size();
  if (offset < buffer_begin_ || end > buffer_end) {
    const std::uint64_t new_end =
        std::min(offset + std::max(length, kReadAhead), artifact_->size());
    const bool overlaps = offset >= buffer_begin_ && offset < buffer_end;
    const std::uint64_t kept = overlaps ? buffer_end - offset : 0;
    if (kept > 0) std::memmove(buffer_.data(), buffer_.data() + (offset - buffer_begin_), kept);
    buffer_.resize(new_end - offset);
    buffer_begin_ = offset;
    RETURN_IF_ERROR(artifact_->read(offset + kept, std::span(buffer_).subspan(kept)));
  }
  return std::span<const std::byte>(buffer_).subspan(offset - buffer_begin_);
}

}  // namespace stagecache::pack
