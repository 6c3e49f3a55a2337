// Whatever a disk says a packed form is: it is read, or refused, and never more is made of it than
// it says. Checksums would keep a fuzzer outside, so it is let in behind them: the first byte
// chooses the parser.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "pack/checksum.h"
#include "pack/layout.h"
#include "pack/segment.h"
#include "pack/segment_plan.h"
#include "stagecache/base/check.h"
#include "stagecache/pack/reader.h"
#include "stagecache/pack/sketch.h"
#include "tests/support/memory_bytes.h"

namespace {

using namespace stagecache;
using namespace stagecache::pack;
using stagecache::test::MemoryBytes;

ByteSpan take(ByteSpan& left, std::size_t count) {
  const ByteSpan taken = left.first(std::min(count, left.size()));
  left = left.subspan(taken.size());
  return taken;
}

std::size_t take_number(ByteSpan& left) {
  std::size_t number = 0;
  for (const std::byte byte : take(left, 2)) number = number << 8 | std::to_integer<unsigned>(byte);
  return number;
}

void read_file(ByteSpan bytes) {
  const auto packed = std::make_shared<MemoryBytes>(
      std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  const auto reader = Reader::open(packed, nullptr);
  if (!reader) return;
  for (std::size_t segment = 0; segment < (*reader)->segments(); ++segment)
    if (const auto made = (*reader)->rebuild(segment))
      CHECK(made->size() == (*reader)->range_of(segment).length());
}

void read_header_with_its_checksum(ByteSpan bytes) {
  ByteVector whole(bytes.begin(), bytes.end());
  const std::uint64_t sum = checksum(bytes);
  for (unsigned shift = 0; shift < 64; shift += 8)
    whole.push_back(static_cast<std::byte>(sum >> shift & 0xff));
  const auto read = header_from(whole);
  if (!read) return;
  ByteVector again;
  to_bytes(read->header, again);
  CHECK(std::ranges::equal(again, ByteSpan(whole).first(read->bytes)));
}

void read_index(ByteSpan bytes) {
  const std::uint64_t size = take_number(bytes);
  const std::uint64_t end = take_number(bytes);
  const auto index =
      index_from(bytes, {.first_offset = 58, .end_offset = end, .artifact_size = size});
  if (!index) return;
  std::uint64_t begin = 0;
  for (const SegmentEntry& entry : *index) {
    CHECK(entry.end > begin && entry.offset + entry.stored() <= end);
    begin = entry.end;
  }
  CHECK(begin == size);
}

/// A plan, and slices of the streams for it: is it rebuilt within its bounds?
void read_segment(ByteSpan bytes) {
  const std::uint64_t size = take_number(bytes);
  const auto plan = plan_from(take(bytes, take_number(bytes)));
  PerStream<ByteSpan> streams;
  for (ByteSpan& stream : streams) stream = take(bytes, take_number(bytes));
  if (!plan) return;

  ByteVector out;
  if (rebuild_segment(*plan, streams, size, out)) CHECK(out.size() == size);
  CHECK(out.capacity() <= 2 * size + (1u << 20));

  ByteVector again;
  to_bytes(*plan, again);
  CHECK(plan_from(again));
}

void read_sketch(ByteSpan bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (const auto sketch = sketch_from(text)) CHECK(to_bytes(*sketch) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteSpan bytes = std::as_bytes(std::span(data, size)).subspan(1);
  switch (data[0]) {
    case 'f': read_file(bytes); break;
    case 'h': read_header_with_its_checksum(bytes); break;
    case 'i': read_index(bytes); break;
    case 's': read_segment(bytes); break;
    case 'k': read_sketch(bytes); break;
    default: break;
  }
  return 0;
}
