#pragma once
//
// Splits an artifact into parts, front to back: [verbatim bytes | tokens of a deflate
// stream]*. The parts follow each other without gap or overlap and cover every bit, so
// that writing them one after another gives the artifact, whatever it is.
//
// What is verbatim: gzip headers with their optional fields (RFC 1952), trailers, and all
// that follows the last member that we understand: padding, garbage, a broken or cut-off
// stream from the byte behind its last whole token. CRC and length of a trailer are not
// looked at: they are bytes like others.
//
// Memory: a buffer of about 2 MiB, and the part itself.
// Thread safety: one thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "stagecache/base/result.h"
#include "stagecache/deflate/decoder.h"
#include "stagecache/deflate/tokens.h"
#include "stagecache/pack/bytes.h"

namespace stagecache::pack {

/// Bits [first_bit, last_bit) of the artifact, counted from the low bit of its first byte.
struct Part {
  enum class Kind : std::uint8_t { Verbatim, Tokens };

  Kind kind = Kind::Verbatim;
  std::uint64_t first_bit = 0;
  std::uint64_t last_bit = 0;  ///< Token parts may end inside a byte, and the next begins there.

  std::vector<std::byte>
      bytes;  ///< Verbatim: whole bytes, first_bit and last_bit are multiples of 8.

  deflate::Tokens tokens;  ///< Tokens: of one stream, ready for deflate::encode().
  /// What fills the byte behind the stream's last token: only where this part is the last of its
  /// stream, else 0 bits. Counted in last_bit, which then is a multiple of 8. A broken stream's
  /// own bits can stand here.
  std::uint8_t padding = 0;
  unsigned padding_bits = 0;  ///< 0 to 7.
};

class GzipMembers {
 public:
  /// Fails with BadInput when `artifact` does not begin with a gzip header, and with what
  /// Bytes::read fails with. `artifact` must outlive this.
  static Result<GzipMembers> open(const Bytes& artifact);

  /// Fills `part` (its vectors are used again) with what comes next: at most about `limit` bytes
  /// of the artifact (a token or block header more), at least one bit. False at the end.
  /// REQUIRES: 1 <= limit <= kMaxPart. Fails with what Bytes::read fails with.
  Result<bool> next(std::uint64_t limit, Part& part);

  static constexpr std::uint64_t kMaxPart = 4u << 20;

 private:
  explicit GzipMembers(const Bytes& artifact) : artifact_(&artifact) {}

  Status find_stream(std::uint64_t end_of_trailer);
  Status next_verbatim(std::uint64_t limit, Part& part);
  Status next_tokens(std::uint64_t limit, Part& part);
  void end_stream(std::span<const std::byte> input, std::uint64_t bit, Part& part);
  Result<std::span<const std::byte>> window(std::uint64_t offset, std::uint64_t length);

  const Bytes* artifact_;
  std::uint64_t at_ = 0;            ///< Bit where the next part begins.
  std::uint64_t verbatim_end_ = 0;  ///< Byte up to which all is verbatim, when not in a stream.
  bool in_stream_ = false;
  bool stream_follows_ = false;  ///< A member's stream begins at verbatim_end_.
  std::optional<deflate::Decoder> decoder_;

  std::vector<std::byte> buffer_;  ///< Bytes of the artifact from buffer_begin_ on.
  std::uint64_t buffer_begin_ = 0;
};

}  // namespace stagecache::pack
