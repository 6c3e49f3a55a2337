// Whatever the bytes and however they are cut, the look ends, within its limits.

#include <algorithm>
#include <cstdint>

#include "stagecache/archive/look.h"
#include "stagecache/base/check.h"

namespace {

using namespace stagecache;

void check_shown(std::string_view text) {
  CHECK(std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c <= 0x7E; }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The first byte decides how many bytes the source gives at once.
  if (size == 0) return 0;
  const std::size_t part = data[0] + std::size_t{1};
  auto rest = std::as_bytes(std::span(data, size)).subspan(1);
  const archive::Limits limits{.max_entries = 100,
                               .max_extracted_bytes = 1u << 20,
                               .max_ratio = 100,
                               .ratio_from = 1u << 16};
  const archive::ByteSource source = [&]() -> Result<std::span<const std::byte>> {
    const auto given = rest.first(std::min(part, rest.size()));
    rest = rest.subspan(given.size());
    return given;
  };

  const auto summary = archive::look(source, limits);

  CHECK(summary);
  CHECK(summary->kind != ArchiveSummary::Kind::Unknown);
  CHECK(summary->entries <= limits.max_entries + 1);
  check_shown(summary->top_folder);
  check_shown(summary->java_path);
  check_shown(summary->spark_submit_path);
  for (const Finding& finding : summary->findings) check_shown(finding.text + finding.fix);
  return 0;
}
