#include "http/forwarded_headers.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "http/field.h"

namespace stagecache::http {
namespace {

constexpr std::array<std::string_view, 14> kNotForwarded = {
    "Connection",
    "Keep-Alive",
    "Proxy-Connection",
    "Proxy-Authorization",
    "TE",
    "Trailer",
    "Upgrade",
    "Transfer-Encoding",
    "Content-Length",
    "Expect",
    "Proxy-Authenticate",
    "Host",
    "Range",
    "Accept-Encoding",
};

/// What frameworks believe a proxy of their own to have said: another host, path or method
/// than the one asked for. An answer that follows it would be stored for all.
bool speaks_for_a_proxy(std::string_view name) {
  constexpr std::array<std::string_view, 7> kBeginnings = {
      "Forwarded", "X-Forwarded", "X-Original", "X-Rewrite", "X-HTTP-Method", "X-Method", "X-Host"};
  return std::ranges::any_of(kBeginnings, [&](std::string_view begin) {
    return same_header_name(name.substr(0, begin.size()), begin);
  });
}

bool is_conditional(std::string_view name) {
  return name.size() > 3 && same_header_name(name.substr(0, 3), "If-");
}

bool stays_here(std::string_view name) {
  return is_conditional(name) || speaks_for_a_proxy(name) ||
         std::ranges::any_of(kNotForwarded,
                             [&](std::string_view other) { return same_header_name(name, other); });
}

bool named_by_connection(const Headers& received, std::string_view name) {
  for (const Header& header : received) {
    if (!same_header_name(header.name, "Connection")) continue;
    for (const std::string_view option : split_list(header.value)) {
      if (same_header_name(option, name)) return true;
    }
  }
  return false;
}

}  // namespace

Headers forwarded_headers(const Headers& received) {
  Headers forwarded;
  for (const Header& header : received) {
    if (stays_here(header.name) || named_by_connection(received, header.name)) continue;
    forwarded.push_back(header);
  }
  return forwarded;
}

}  // namespace stagecache::http
