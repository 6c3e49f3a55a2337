// Packs each file and rebuilds it:  pack_check FILE...
//
// A line a file: "identical", "raw" (it is not gzip, so it stays as it is) or "WRONG", the file's
// size, the packed form's size, the file. The keyframe and a difference to itself are both tried.
// Exits 1 when anything was wrong.

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "stagecache/pack/packer.h"
#include "stagecache/pack/reader.h"
#include "tests/support/memory_bytes.h"

namespace {

using namespace stagecache;
using namespace stagecache::pack;
using stagecache::test::MemoryBytes;

struct Outcome {
  std::string verdict;
  std::uint64_t packed = 0;
};

Status go_on() {
  return {};
}

Result<std::string> packed_form(const Bytes& artifact, std::shared_ptr<const Reader> base) {
  std::string packed;
  const auto sink = [&](std::span<const std::byte> bytes) -> Status {
    packed.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  };
  const PackOrder order{.artifact = {}, .base = std::move(base), .checkpoint = go_on};
  if (auto done = pack::pack(artifact, order, sink); !done) return error_of(std::move(done));
  return packed;
}

Status compare(const Reader& reader, const std::string& artifact) {
  std::uint64_t at = 0;
  for (std::size_t segment = 0; segment < reader.segments(); ++segment) {
    const auto bytes = reader.rebuild(segment);
    if (!bytes) return std::unexpected(bytes.error());
    const std::string_view wanted = std::string_view(artifact).substr(at, bytes->size());
    const std::string_view made(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    if (reader.range_of(segment).begin != at || made != wanted)
      return fail(ErrorCode::Corrupt, fmt::format("segment {} differs", segment));
    at += bytes->size();
  }
  if (at != artifact.size())
    return fail(ErrorCode::Corrupt, fmt::format("{} of {} bytes", at, artifact.size()));
  return {};
}

/// Packs, opens, rebuilds all; gives the reader.
Result<std::shared_ptr<const Reader>> checked(const MemoryBytes& artifact,
                                              const std::shared_ptr<const Reader>& base,
                                              std::uint64_t& packed_size) {
  auto packed = packed_form(artifact, base);
  if (!packed) return error_of(std::move(packed));
  packed_size = packed->size();
  auto reader = Reader::open(std::make_shared<MemoryBytes>(std::move(*packed)), base);
  if (!reader) return reader;
  RETURN_IF_ERROR(compare(**reader, artifact.text()));
  return reader;
}

Outcome check(const MemoryBytes& artifact) {
  Outcome outcome;
  const auto keyframe = checked(artifact, nullptr, outcome.packed);
  if (!keyframe && keyframe.error().code == ErrorCode::BadInput) return {.verdict = "raw"};
  if (!keyframe) return {.verdict = "WRONG keyframe: " + keyframe.error().message};
  std::uint64_t difference_size = 0;
  const auto difference = checked(artifact, *keyframe, difference_size);
  outcome.verdict = difference ? "identical" : "WRONG difference: " + difference.error().message;
  return outcome;
}

}  // namespace

int main(int count, char** files) {
  bool well = true;
  for (int at = 1; at < count; ++at) {
    std::ifstream file(files[at], std::ios::binary);
    const MemoryBytes artifact(std::string(std::istreambuf_iterator<char>(file), {}));
    const Outcome outcome = check(artifact);
    well = well && !outcome.verdict.starts_with("WRONG");
    fmt::print("{}\t{}\t{}\t{}\n", outcome.verdict, artifact.size(), outcome.packed, files[at]);
    std::fflush(stdout);  // What was reached is known when the next one crashes.
  }
  return well ? 0 : 1;
}
