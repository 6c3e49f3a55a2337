#pragma once
//
// The Huffman codes of a block, as RFC 1951 3.2 describes them: code lengths out of a
// dynamic block's header, canonical codes out of lengths. Private to the module; pure.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace stagecache::deflate {

inline constexpr std::size_t kLiteralSymbols = 288;  ///< 256 is the end of a block.
inline constexpr std::size_t kDistanceSymbols = 32;
inline constexpr unsigned kMaxCodeBits = 15;
inline constexpr unsigned kEndOfBlock = 256;

/// Lengths in bits; 0: the symbol has no code.
struct CodeLengths {
  std::array<std::uint8_t, kLiteralSymbols> literal{};
  std::array<std::uint8_t, kDistanceSymbols> distance{};
};

/// Those of a fixed block.
const CodeLengths& fixed_lengths();

/// Bits in memory, lowest first. Reads behind the end give zeros.
class BitSource {
 public:
  BitSource(std::span<const std::byte> bytes, std::uint64_t bit) : bytes_(bytes), bit_(bit) {}
  /// The next 57 bits or more.
  std::uint64_t peek() const;
  /// REQUIRES: count <= 57.
  std::uint64_t take(unsigned count);
  std::uint64_t bit() const { return bit_; }
  std::uint64_t end() const { return bytes_.size() * std::uint64_t{8}; }
  bool past_end() const { return bit_ > end(); }

 private:
  std::span<const std::byte> bytes_;
  std::uint64_t bit_;
};

enum class HeaderFault { None, Incomplete, Invalid };

/// Reads HLIT to the last code length. Takes what zlib takes: at most 286 and 30 codes, an
/// end of block, complete codes; but one code of one bit, or no distance code at all, may
/// stand alone. Incomplete: `source` ended before the header did.
HeaderFault read_dynamic_header(BitSource& source, CodeLengths& lengths);

/// Lowest bit first, as the stream has them. REQUIRES: not over-subscribed.
struct Code {
  std::uint16_t bits = 0;
  std::uint8_t length = 0;
};
void canonical_codes(std::span<const std::uint8_t> lengths, std::span<Code> codes);

struct SymbolRange {
  std::uint16_t base = 0;  ///< Length less 3, or distance less 1.
  std::uint8_t extra_bits = 0;
};
/// Of symbols 257 to 285, and of distance symbols 0 to 29 (RFC 1951 3.2.5).
inline constexpr std::size_t kLengthCodes = 29;
inline constexpr std::size_t kDistanceCodes = 30;
extern const std::array<SymbolRange, kLengthCodes> kLengthRanges;
extern const std::array<SymbolRange, kDistanceCodes> kDistanceRanges;

}  // namespace stagecache::deflate
