#pragma once
// Which request fields are credentials. Pure.

#include <string_view>

namespace stagecache::upstream {

/// Whether a field of this name may open what others must not see: Authorization, Cookie
/// (RFC 9111 3.5) and what repositories invented beside them (X-JFrog-Art-Api,
/// Private-Token, X-Api-Key). What is taken for one without need is only not shared.
bool is_credential(std::string_view field_name);

}  // namespace stagecache::upstream
