#pragma once
// Members of the daemon's JSON, read as what a peer sent: what is missing or of another
// kind is an empty value. Private to the files that read answers. Pure.

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stagecache/base/result.h"

namespace stagecache::cli {

/// "the daemon's answer <what>; ...", Internal: no fault of the arguments.
std::unexpected<Error> strange(std::string_view what);

/// An object, or an error. Nesting is bounded by the parser's own limit (32).
Result<boost::json::object> object_in(std::string_view text);

std::string text_of(const boost::json::object& object, std::string_view key);
bool flag_of(const boost::json::object& object, std::string_view key);
std::optional<std::uint64_t> number_of(const boost::json::object& object, std::string_view key);
/// The member's members, its elements; empty for anything else.
const boost::json::object& object_of(const boost::json::object& object, std::string_view key);
const boost::json::array& list_of(const boost::json::object& object, std::string_view key);

}  // namespace stagecache::cli
