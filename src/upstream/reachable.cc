#include "upstream/reachable.h"

#include <fmt/format.h>

#include <utility>

namespace stagecache::upstream {
namespace {

Failure denied(std::string message) {
  return {{ErrorCode::Denied, std::move(message)}, {.worth = false, .after = std::nullopt}};
}

}  // namespace

std::expected<std::vector<Address>, Failure> reachable(std::vector<Address> addresses,
                                                       const Url& url, const HostRule& rule,
                                                       const OwnListeners& own) {
  const std::string first = addresses.front().to_string();
  std::erase_if(addresses, [&](const Address& a) { return own.reached_by(a.bytes(), url.port); });
  if (addresses.empty())
    return std::unexpected(denied(fmt::format(
        "host {} is at {}, where this cache itself listens on port {}; ask your operator to set "
        "[upstream] resolver",
        url.host, first, url.port)));
  if (rule.allow_private) return addresses;

  std::erase_if(addresses, [](const Address& a) { return is_private_address(a.bytes()); });
  if (addresses.empty())
    return std::unexpected(
        denied(fmt::format("host {} is at {}, a private address; ask your operator to set "
                           "allow_private in that host's [[upstream.host]] entry",
                           url.host, first)));
  return addresses;
}

}  // namespace stagecache::upstream
