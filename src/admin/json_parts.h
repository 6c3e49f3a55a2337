#pragma once
// Values that all of the API's JSON says alike. Pure.

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "stagecache/base/clock.h"
#include "utf8.h"

namespace stagecache::admin {

/// Texts come from archives, origins and files: what is no UTF-8 would make the
/// whole answer unreadable.
inline boost::json::string text_of(std::string_view text) {
  return boost::json::string(to_utf8(text));
}

inline boost::json::value or_null(const std::string& text) {
  return text.empty() ? boost::json::value(nullptr) : boost::json::value(text_of(text));
}

inline boost::json::value or_null(std::optional<WallTime> time) {
  return time ? boost::json::value(to_rfc3339(*time)) : boost::json::value(nullptr);
}

}  // namespace stagecache::admin
