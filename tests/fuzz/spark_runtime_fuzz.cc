// What must be true of the reading of any text.

#include <algorithm>
#include <cstdint>

#include "stagecache/base/check.h"
#include "stagecache/manifest/spark_runtime.h"

namespace {

using namespace stagecache;
using manifest::Setting;

void check_setting(std::string_view text, const Setting& setting) {
  const auto words = manifest::buildpack_words(text, setting.key);
  CHECK(setting.is_default == words.empty());
  CHECK(setting.is_default == (setting.line == 0));
  CHECK(setting.is_default || setting.words == words);
  for (const std::string& word : words) {
    CHECK(!word.empty());
    CHECK(word.find_first_of(" \t\r\n\v\f") == std::string::npos);
    CHECK(text.find(word) != std::string_view::npos);
  }
}

void check_finding(const Finding& finding) {
  CHECK(!finding.text.empty());
  CHECK((finding.line == 0) == (finding.column == 0));
  for (const std::string& shown : {finding.text, finding.fix})
    CHECK(std::ranges::none_of(shown, [](unsigned char c) { return c < 0x20 || c == 0x7F; }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  const auto runtime = manifest::read_spark_runtime(text);

  for (const Setting* setting :
       {&runtime.jdk_url, &runtime.jdk_filename, &runtime.jdk_sha256, &runtime.spark_url,
        &runtime.spark_filename, &runtime.spark_sha256, &runtime.cache_disabled})
    check_setting(text, *setting);
  CHECK(runtime.downloads.size() == 2);
  CHECK(std::ranges::is_sorted(runtime.findings, {}, &Finding::line));
  for (const Finding& finding : runtime.findings) check_finding(finding);
  return 0;
}
