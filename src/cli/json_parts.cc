#include "cli/json_parts.h"

#include <fmt/format.h>

namespace stagecache::cli {

namespace json = boost::json;

std::unexpected<Error> strange(std::string_view what) {
  return fail(ErrorCode::Internal,
              fmt::format("the daemon's answer {}; does --server name a stagecache "
                          "of this version?",
                          what));
}

Result<json::object> object_in(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error) return strange("is no JSON");
  if (!value.is_object()) return strange("is no JSON object");
  return std::move(value.as_object());
}

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

bool flag_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_bool() && value->as_bool();
}

std::optional<std::uint64_t> number_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (!value) return std::nullopt;
  if (value->is_uint64()) return value->as_uint64();
  if (value->is_int64() && value->as_int64() >= 0)
    return static_cast<std::uint64_t>(value->as_int64());
  return std::nullopt;
}

const json::object& object_of(const json::object& object, std::string_view key) {
  static const json::object kEmpty;
  const json::value* value = object.if_contains(key);
  return value && value->is_object() ? value->as_object() : kEmpty;
}

const json::array& list_of(const json::object& object, std::string_view key) {
  static const json::array kEmpty;
  const json::value* value = object.if_contains(key);
  return value && value->is_array() ? value->as_array() : kEmpty;
}

}  // namespace stagecache::cli
