// What must be true of the reading of any manifest.yml.

#include <algorithm>
#include <cstdint>

#include "stagecache/base/check.h"
#include "stagecache/manifest/buildpack_manifest.h"
#include "stagecache/model/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stagecache;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  const auto dependencies = manifest::read_buildpack_manifest(text);

  if (!dependencies) {
    CHECK(dependencies.error().code == ErrorCode::BadInput ||
          dependencies.error().code == ErrorCode::NotFound);
    return 0;
  }
  CHECK(!dependencies->empty() && dependencies->size() <= manifest::kMaxDependencies);
  for (const manifest::Dependency& dependency : *dependencies) {
    CHECK(!dependency.error.empty() || Url::parse(dependency.uri));
    CHECK(!dependency.error.empty() || dependency.sha256 || !dependency.findings.empty());
    for (const Finding& finding : dependency.findings) {
      CHECK(finding.line > 0 && finding.column > 0 && !finding.text.empty());
      CHECK(std::ranges::none_of(finding.text,
                                 [](unsigned char c) { return c < 0x20 || c == 0x7F; }));
    }
  }
  return 0;
}
