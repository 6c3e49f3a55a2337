#pragma once
// Small tools for the values of header fields. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stagecache/model/header.h"

namespace stagecache::http {

/// Without blanks and tabs at either end.
inline std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The elements of a comma-separated list (RFC 9110 5.6.1), empty ones left out.
/// Not for lists whose elements may hold a quoted comma.
inline std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> elements;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string_view element = trim(text.substr(0, comma));
    if (!element.empty()) elements.push_back(element);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return elements;
}

/// The values of all fields of that name as one list (RFC 9110 5.3); nullopt when
/// there is none. Of a field that is no list, several become a value that is malformed.
inline std::optional<std::string> joined_header(const Headers& headers, std::string_view name) {
  std::optional<std::string> joined;
  for (const Header& header : headers) {
    if (!same_header_name(header.name, name)) continue;
    joined = joined ? *joined + ", " + header.value : header.value;
  }
  return joined;
}

}  // namespace stagecache::http
