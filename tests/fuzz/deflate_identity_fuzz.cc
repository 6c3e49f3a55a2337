// Whatever decodes is written again with the same bits.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "stagecache/deflate/decoder.h"
#include "stagecache/deflate/encoder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stagecache::deflate;
  if (size < 2) return 0;
  const std::uint64_t step = 1 + std::uint64_t{data[0]} * data[0];
  const std::vector<std::byte> input(reinterpret_cast<const std::byte*>(data) + 1,
                                     reinterpret_cast<const std::byte*>(data) + size);
  Decoder decoder;
  Decoder::Reached reached;
  PartialByte rest;
  std::vector<std::byte> again;
  do {
    Tokens tokens;
    reached = decoder.decode(input, {.from = reached.bit, .target = reached.bit + step}, tokens);
    const auto written = encode(tokens, rest, input.size() + 8, again);
    if (!written) std::abort();
    rest = *written;
    if (again.size() * 8 + rest.bits != reached.bit) std::abort();
  } while (reached.stop == Decoder::Stop::Target);
  if (!std::equal(again.begin(), again.end(), input.begin())) std::abort();
  if (rest.bits > 0) {
    const auto last = static_cast<unsigned>(input[again.size()]) & ((1u << rest.bits) - 1);
    if (last != rest.value) std::abort();
  }
  return 0;
}
