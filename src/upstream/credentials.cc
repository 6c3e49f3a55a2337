#include "stagecache/upstream/credentials.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace stagecache::upstream {
namespace {

constexpr auto kParts =
    std::to_array<std::string_view>({"auth", "cookie", "token", "api-key", "apikey", "art-api",
                                     "secret", "passw", "credential", "session", "signature"});

}  // namespace

bool is_credential(std::string_view field_name) {
  std::string name(field_name);
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::any_of(kParts,
                             [&](std::string_view part) { return name.find(part) != name.npos; });
}

}  // namespace stagecache::upstream
