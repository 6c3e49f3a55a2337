#pragma once
// Makes gzip files in memory, of zlib's streams and headers by hand.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stagecache::pack::test {

/// Words again and again, as source code has them: `size` bytes.
std::string words(std::size_t size, std::uint64_t seed);
/// Bytes that no encoder makes smaller.
std::string noise(std::size_t size, std::uint64_t seed);

enum class Encoding { Stored, Fast, Usual, Best, Huffman, FixedCodes, SyncFlushed };

/// A raw deflate stream.
std::string deflated(std::string_view data, Encoding encoding = Encoding::Usual);

struct GzipFields {
  std::optional<std::string> extra, name, comment;
  bool header_crc = false;
  unsigned more_flags = 0;
};
std::string gzip_header(const GzipFields& fields = {});
/// CRC-32 and length.
std::string gzip_trailer(std::string_view data);
std::string gzip_member(std::string_view data, Encoding encoding = Encoding::Usual,
                        const GzipFields& fields = {});

}  // namespace stagecache::pack::test
