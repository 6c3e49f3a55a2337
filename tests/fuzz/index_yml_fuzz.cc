// What must be true of a rewritten index.yml, whatever came.

#include <cstdint>

#include "stagecache/base/check.h"
#include "stagecache/manifest/index_yml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stagecache;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto stays = [](const Url&) -> std::optional<std::string> { return std::nullopt; };
  const auto is_ours = [](const Url& url) -> std::optional<std::string> {
    std::string place = url.host_port();  // The brackets of an IPv6 literal are none in a path.
    if (place.starts_with('['))
      place = "%5B" + place.substr(1).replace(place.find(']') - 1, 1, "%5D");
    return "http://[::1]:8080/mirror/" + place + url.target();
  };

  const auto unchanged = manifest::rewrite_index(text, stays);
  if (unchanged) CHECK(unchanged->text == text);
  const auto index = manifest::rewrite_index(text, is_ours);
  if (!index) return 0;
  // Once more: it is an index still, and every URL that is one was ours.
  std::size_t seen = 0;
  const auto again =
      manifest::rewrite_index(index->text, [&](const Url& url) -> std::optional<std::string> {
        CHECK(url.host == "[::1]" && url.path.starts_with("/mirror/"));
        ++seen;
        return std::nullopt;
      });
  CHECK(again && again->text == index->text);
  CHECK(seen > 0 || !index->kept.empty());
  return 0;
}
