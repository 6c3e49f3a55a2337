#pragma once
// Small tools for the values of header fields. Pure.

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

}  // namespace stagecache::http
