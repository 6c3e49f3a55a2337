#pragma once
// HTTP header fields as plain values, for every module that must name some.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stagecache {

struct Header {
  std::string name;
  std::string value;
  bool operator==(const Header&) const = default;
};
using Headers = std::vector<Header>;

/// ASCII case-insensitive, as field names are compared.
bool same_header_name(std::string_view a, std::string_view b);

/// The first field of that name; nullopt when there is none.
std::optional<std::string_view> find_header(const Headers& headers, std::string_view name);

}  // namespace stagecache
