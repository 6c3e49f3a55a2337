// Whatever a client or a Location field says: what passes for a URL is in normal form,
// means the same when it is read again, and names a plain host.

#include <algorithm>
#include <cstdint>

#include "stagecache/base/check.h"
#include "stagecache/model/url.h"

namespace {

using namespace stagecache;

bool is_plain_name(std::string_view host) {
  return std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

bool is_bracketed(std::string_view host) {
  return host.size() >= 4 && host.starts_with('[') && host.ends_with(']') &&
         host.find_first_not_of("0123456789abcdef:.", 1) == host.size() - 1;
}

void check_url(const Url& url) {
  CHECK(!url.host.empty() && url.host.size() <= 255 && url.port != 0);
  CHECK(is_plain_name(url.host) || is_bracketed(url.host));
  CHECK(url.host.front() != '.' && url.host.back() != '.');
  CHECK(url.path.starts_with('/'));
  const std::string target = url.target() + "/";
  CHECK(std::ranges::none_of(target, [](unsigned char c) { return c <= 0x20 || c >= 0x7f; }));
  CHECK(target.find("/../") == std::string::npos || target.find('?') < target.find("/../"));
  CHECK(target.find('#') == std::string::npos);

  const auto again = Url::parse(url.to_string());
  CHECK(again);
  CHECK(*again == url);
  CHECK(source_key(*again) == source_key(url));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view absolute = text.substr(0, text.find('\n'));
  const std::string_view reference = text.substr(std::min(absolute.size() + 1, text.size()));

  const auto url = Url::parse(absolute);
  if (!url) return 0;
  check_url(*url);
  if (const auto next = url->resolve(reference)) check_url(*next);
  return 0;
}
