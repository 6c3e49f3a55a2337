#include "segment.h"

#include <fmt/format.h>

#include "stagecache/base/check.h"
#include "stagecache/deflate/encoder.h"

namespace stagecache::pack {
namespace {

void append(ByteVector& to, ByteSpan bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

/// Hands the slices out, front to back. What is asked for beyond the end gives Corrupt.
class Slices {
 public:
  explicit Slices(const PerStream<ByteSpan>& streams) : left_(streams) {}

  Result<ByteSpan> take(StreamKind kind, std::uint64_t count) {
    ByteSpan& left = left_[index(kind)];
    if (count > left.size())
      return fail(ErrorCode::Corrupt, fmt::format("{} end too early", kStreamNames[index(kind)]));
    const ByteSpan taken = left.first(count);
    left = left.subspan(count);
    return taken;
  }
  bool at_end() const {
    for (const ByteSpan& left : left_)
      if (!left.empty()) return false;
    return true;
  }

 private:
  PerStream<ByteSpan> left_;
};

Result<deflate::TokensView> view_of(const Piece& piece, Slices& slices) {
  deflate::TokensView view;
  const auto take = [&](StreamKind kind, std::uint64_t count, ByteSpan& to) -> Status {
    auto bytes = slices.take(kind, count);
    if (!bytes) return error_of(std::move(bytes));
    to = *bytes;
    return {};
  };
  RETURN_IF_ERROR(take(StreamKind::Literals, piece.literals, view.literals));
  RETURN_IF_ERROR(take(StreamKind::Runs, piece.runs, view.runs));
  RETURN_IF_ERROR(take(StreamKind::Lengths, piece.matches, view.lengths));
  RETURN_IF_ERROR(take(StreamKind::Distances, piece.matches * 2, view.distances));
  RETURN_IF_ERROR(take(StreamKind::Headers, piece.header_bytes(), view.headers));
  view.long_258 = piece.long_258;
  view.blocks = piece.blocks;
  return view;
}

Status write_verbatim(ByteSpan bytes, const deflate::PartialByte& partial, ByteVector& out) {
  if (partial.bits != 0)
    return fail(ErrorCode::Corrupt, "verbatim bytes do not begin with a whole byte");
  append(out, bytes);
  return {};
}

Status write_padding(const Piece& piece, deflate::PartialByte& partial, ByteVector& out) {
  if (piece.padding_bits == 0) return {};
  if (partial.bits + piece.padding_bits != 8)
    return fail(ErrorCode::Corrupt, "padding does not fill the last byte");
  out.push_back(static_cast<std::byte>(partial.value | piece.padding << partial.bits));
  partial = {};
  return {};
}

}  // namespace

void SegmentDraft::clear() {
  plan = {};
  for (ByteVector& stream : streams) stream.clear();
}

void SegmentDraft::add(const Part& part) {
  Piece& piece = plan.pieces.emplace_back();
  if (part.kind == Part::Kind::Verbatim) {
    piece.literals = part.bytes.size();
    append(streams[index(StreamKind::Literals)], part.bytes);
    return;
  }
  const deflate::Tokens& tokens = part.tokens;
  piece.kind = Piece::Kind::Tokens;
  piece.literals = tokens.literals.size();
  piece.runs = tokens.runs.size();
  piece.matches = tokens.lengths.size();
  piece.blocks = tokens.blocks;
  piece.long_258 = tokens.long_258;
  piece.padding = part.padding;
  piece.padding_bits = part.padding_bits;
  CHECK(piece.header_bytes() == tokens.headers.size());  // One behind the other.
  append(streams[index(StreamKind::Literals)], tokens.literals);
  append(streams[index(StreamKind::Runs)], tokens.runs);
  append(streams[index(StreamKind::Lengths)], tokens.lengths);
  append(streams[index(StreamKind::Distances)], tokens.distances);
  append(streams[index(StreamKind::Headers)], tokens.headers);
}

std::uint64_t SegmentDraft::stream_bytes() const {
  std::uint64_t bytes = 0;
  for (const ByteVector& stream : streams) bytes += stream.size();
  return bytes;
}

Status rebuild_segment(const SegmentPlan& plan, const PerStream<ByteSpan>& streams,
                       std::uint64_t size, ByteVector& out) {
  const std::uint64_t end = out.size() + size;
  Slices slices(streams);
  deflate::PartialByte partial = plan.before;
  for (const Piece& piece : plan.pieces) {
    if (piece.literals > kMaxStreamBytes || piece.matches > kMaxStreamBytes)
      return fail(ErrorCode::Corrupt, "a piece is larger than a segment may be");
    const auto view = view_of(piece, slices);
    if (!view) return std::unexpected(view.error());
    if (piece.kind == Piece::Kind::Verbatim) {
      RETURN_IF_ERROR(write_verbatim(view->literals, partial, out));
    } else {
      const auto left = deflate::encode(*view, partial, end - out.size(), out);
      if (!left) return std::unexpected(left.error());
      partial = *left;
      RETURN_IF_ERROR(write_padding(piece, partial, out));
    }
    if (out.size() > end) return fail(ErrorCode::Corrupt, "a segment gives more than its range");
  }
  if (out.size() != end || !slices.at_end())
    return fail(ErrorCode::Corrupt, "a segment does not give its range");
  return {};
}

}  // namespace stagecache::pack
