#pragma once
// Texts of unknown encoding as JSON must have them. Pure.

#include <string>
#include <string_view>

namespace stagecache::admin {

/// `text` with every byte that is no part of well-formed UTF-8 (RFC 3629: no
/// overlong forms, no surrogates) replaced by U+FFFD.
std::string to_utf8(std::string_view text);

}  // namespace stagecache::admin
