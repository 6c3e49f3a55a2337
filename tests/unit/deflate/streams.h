#pragma once
//
// Deflate streams for the tests: by zlib in every setting, and bit by bit by hand.

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "stagecache/deflate/decoder.h"
#include "stagecache/deflate/encoder.h"

namespace stagecache::deflate::test {

inline std::vector<std::byte> bytes_of(const std::string& text) {
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

/// Words, runs of one byte, and noise: long matches, short ones and none.
inline std::string some_text(std::size_t size) {
  std::mt19937 random(7);
  std::string text;
  while (text.size() < size) {
    const auto kind = random() % 8;
    if (kind == 0) text.append(random() % 700, static_cast<char>(random()));
    else if (kind < 3)
      for (auto i = random() % 300; i > 0; --i) text.push_back(static_cast<char>(random()));
    else text += "spark-core_2.12-3.5." + std::to_string(random() % 50) + ".jar\n";
  }
  text.resize(size);
  return text;
}

struct Setting {
  int level;
  int strategy;
  int memory;
  int flush;
};

inline std::vector<std::byte> deflated(const std::string& text, const Setting& setting) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, setting.level, Z_DEFLATED, -15, setting.memory, setting.strategy),
            Z_OK);
  std::vector<std::byte> out(2 * text.size() + 100'000);
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  std::string copy = text;
  for (std::size_t at = 0; at < copy.size(); at += 5000) {
    stream.next_in = reinterpret_cast<Bytef*>(copy.data() + at);
    stream.avail_in = static_cast<uInt>(std::min<std::size_t>(5000, copy.size() - at));
    EXPECT_EQ(::deflate(&stream, setting.flush), Z_OK);
  }
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// Decodes in stretches of `step` bits, writes each again, and puts the bytes together.
struct Rewritten {
  std::vector<std::byte> bytes;
  Decoder::Stop stop = Decoder::Stop::Target;
  std::uint64_t bits = 0;
};
inline Rewritten rewrite(std::span<const std::byte> input, std::uint64_t from, std::uint64_t step) {
  Decoder decoder;
  Rewritten rewritten;
  rewritten.bits = from;
  PartialByte rest{static_cast<std::uint8_t>(static_cast<unsigned>(input[0]) & ((1u << from) - 1)),
                   static_cast<unsigned>(from)};
  while (rewritten.stop == Decoder::Stop::Target) {
    Tokens tokens;
    const auto reached =
        decoder.decode(input, {.from = rewritten.bits, .target = rewritten.bits + step}, tokens);
    const auto next = encode(tokens, rest, input.size() + 8, rewritten.bytes);
    EXPECT_TRUE(next) << next.error().message;
    if (!next) break;
    rest = *next;
    EXPECT_EQ(rewritten.bytes.size() * 8 + rest.bits, reached.bit);
    rewritten.bits = reached.bit;
    rewritten.stop = reached.stop;
  }
  if (rest.bits > 0) rewritten.bytes.push_back(static_cast<std::byte>(rest.value));
  return rewritten;
}

inline std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (int level = 0; level <= 9; ++level)
    all.push_back({level, Z_DEFAULT_STRATEGY, 8, Z_NO_FLUSH});
  for (const int strategy : {Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE, Z_FILTERED})
    all.push_back({6, strategy, 8, Z_NO_FLUSH});
  for (const int flush : {Z_PARTIAL_FLUSH, Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_BLOCK})
    all.push_back({6, Z_DEFAULT_STRATEGY, 8, flush});
  all.push_back({9, Z_DEFAULT_STRATEGY, 1, Z_NO_FLUSH});
  return all;
}

/// Bits as written by hand: values, lowest bit first.
class Bits {
 public:
  Bits& put(unsigned value, unsigned count) {
    for (unsigned i = 0; i < count; ++i, ++bits_) {
      if (bits_ % 8 == 0) bytes_.push_back(std::byte{0});
      bytes_.back() |= static_cast<std::byte>(((value >> i) & 1) << (bits_ % 8));
    }
    return *this;
  }
  /// A Huffman code: highest bit first.
  Bits& code(unsigned value, unsigned count) {
    for (unsigned i = count; i-- > 0;) put((value >> i) & 1, 1);
    return *this;
  }
  const std::vector<std::byte>& bytes() const { return bytes_; }
  std::uint64_t bits() const { return bits_; }

 private:
  std::vector<std::byte> bytes_;
  std::uint64_t bits_ = 0;
};

/// A final dynamic block's beginning, with these code lengths written one by one.
/// `code_lengths`: of the symbols of the code that they are written in, 19 or fewer.
struct DynamicHeader {
  std::vector<unsigned> literals, distances;
  std::vector<unsigned> code_lengths = std::vector<unsigned>(16, 4);  // 0 to 15: 4 bits each.
  std::vector<unsigned> extra = {};  ///< Symbols of that code behind the lengths.
};

/// Canonical codes (RFC 1951 3.2.2), highest bit first.
inline std::vector<unsigned> codes_of(const std::vector<unsigned>& lengths) {
  std::vector<unsigned> codes(lengths.size());
  unsigned code = 0;
  for (unsigned length = 1; length <= 15; ++length, code <<= 1)
    for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol)
      if (lengths[symbol] == length) codes[symbol] = code++;
  return codes;
}

inline Bits dynamic(const DynamicHeader& header) {
  constexpr unsigned kOrder[] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
  std::vector<unsigned> lengths = header.code_lengths;
  lengths.resize(19);
  const auto codes = codes_of(lengths);
  Bits bits;
  bits.put(1, 1).put(2, 2);
  bits.put(static_cast<unsigned>(header.literals.size()) - 257, 5);
  bits.put(static_cast<unsigned>(header.distances.size()) - 1, 5).put(15, 4);
  for (const unsigned symbol : kOrder) bits.put(lengths[symbol], 3);
  const auto put_all = [&](const std::vector<unsigned>& symbols) {
    for (const unsigned symbol : symbols) bits.code(codes[symbol], lengths[symbol]);
  };
  put_all(header.literals);
  put_all(header.distances);
  put_all(header.extra);
  return bits;
}

/// Lengths 0 for all but some of `count` symbols.
inline std::vector<unsigned> lengths(std::size_t count,
                                     const std::vector<std::pair<unsigned, unsigned>>& some) {
  std::vector<unsigned> all(count);
  for (const auto& [symbol, length] : some) all[symbol] = length;
  return all;
}

/// The text that tokens mean.
inline std::string text_of(const Tokens& tokens) {
  std::string text;
  std::size_t literal = 0, run = 0;
  const auto literals = [&](std::size_t count) {
    for (; count > 0; --count) text.push_back(static_cast<char>(tokens.literals.at(literal++)));
  };
  for (std::size_t match = 0; match < tokens.lengths.size(); ++match) {
    std::size_t before = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto part = static_cast<unsigned>(tokens.runs.at(run++));
      before |= std::size_t{part & 0x7f} << shift;
      if (part < 0x80) break;
    }
    literals(before);
    const auto byte = [&](std::size_t i) { return static_cast<unsigned>(tokens.distances.at(i)); };
    const std::size_t distance = 1 + byte(2 * match) + 256 * byte(2 * match + 1);
    for (auto left = 3 + static_cast<unsigned>(tokens.lengths[match]); left > 0; --left)
      text.push_back(text.at(text.size() - distance));
  }
  literals(tokens.literals.size() - literal);
  return text;
}

/// What zlib makes of a stream that begins with the first bit.
struct Inflated {
  Decoder::Stop stop = Decoder::Stop::NeedsInput;
  std::size_t bytes = 0;  ///< Of the stream, where it ends.
  std::string text;
};
inline Inflated inflated(std::span<const std::byte> input) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, -15), Z_OK);
  std::vector<std::byte> copy(input.begin(), input.end());
  stream.next_in = reinterpret_cast<Bytef*>(copy.data());
  stream.avail_in = static_cast<uInt>(copy.size());
  Inflated result;
  std::string part(1 << 16, '\0');
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(part.data());
    stream.avail_out = static_cast<uInt>(part.size());
    status = ::inflate(&stream, Z_NO_FLUSH);
    result.text.append(part, 0, part.size() - stream.avail_out);
  }
  if (status == Z_STREAM_END) result.stop = Decoder::Stop::EndOfStream;
  if (status == Z_DATA_ERROR) result.stop = Decoder::Stop::Invalid;
  result.bytes = stream.total_in;
  inflateEnd(&stream);
  return result;
}

}  // namespace stagecache::deflate::test
