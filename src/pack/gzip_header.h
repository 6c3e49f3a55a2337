#pragma once
//
// Where does the deflate stream of a gzip member begin? RFC 1952, section 2.3. Pure. What the
// header says (name, time, its own checksum) is of no interest: it is kept verbatim.

#include <cstddef>
#include <optional>
#include <span>

namespace stagecache::pack {

/// Longer headers (names without an end, that is) are not looked through.
inline constexpr std::size_t kMaxGzipHeader = 128 * 1024;
/// CRC-32 and length behind each stream.
inline constexpr std::size_t kGzipTrailer = 8;

/// How long the header at the front of `bytes` is; none when there is no whole one, or one that
/// RFC 1952 tells us not to guess at (another method, reserved flags).
std::optional<std::size_t> gzip_header_length(std::span<const std::byte> bytes);

}  // namespace stagecache::pack
