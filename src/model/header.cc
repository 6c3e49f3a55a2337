#include "stagecache/model/header.h"

#include <algorithm>

namespace stagecache {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool same_header_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> find_header(const Headers& headers, std::string_view name) {
  for (const Header& header : headers)
    if (same_header_name(header.name, name)) return header.value;
  return std::nullopt;
}

}  // namespace stagecache
