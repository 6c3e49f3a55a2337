#include "stagecache/upstream/own_listeners.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "upstream/address.h"

namespace stagecache::upstream {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// Without the IPv6 wrapping of an IPv4 address.
Octets unmapped(std::span<const std::uint8_t> address) {
  const bool mapped = address.size() == 16 && std::ranges::equal(address.first(12), kMapped);
  const auto kept = mapped ? address.subspan(12) : address;
  return {kept.begin(), kept.end()};
}

bool is_unspecified(const Octets& address) {
  return std::ranges::all_of(address, [](std::uint8_t octet) { return octet == 0; });
}

/// Where Linux connects to: loopback for 0.0.0.0 and ::.
Octets destination(std::span<const std::uint8_t> address) {
  Octets octets = unmapped(address);
  if (!is_unspecified(octets)) return octets;
  if (octets.size() == 4) return {127, 0, 0, 1};
  octets.back() = 1;
  return octets;
}

bool can_bind(const sockaddr* address, socklen_t size) {
  const int probe = ::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  const bool bound = ::bind(probe, address, size) == 0;
  ::close(probe);
  return bound;
}

/// Whether this machine has the address. Asked by binding to it: a list of the
/// interfaces' addresses lacks 127.0.0.2 and what routes make local.
bool is_local(const Octets& address) {
  if (address.size() == 4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, address.data(), 4);
    return can_bind(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  std::memcpy(&v6.sin6_addr, address.data(), 16);
  return can_bind(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
  std::uint16_t port = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, port);
  return error == std::errc{} && stop == end ? std::optional(port) : std::nullopt;
}

}  // namespace

void OwnListeners::set(const std::vector<std::string>& listeners) {
  std::vector<Listener> parsed;
  for (const std::string_view text : listeners) {
    const std::size_t colon = std::min(text.rfind(':'), text.size());
    const auto address = Address::parse(text.substr(0, colon));
    const auto port = parse_port(text.substr(std::min(colon + 1, text.size())));
    if (address && port) parsed.push_back({unmapped(address->bytes()), *port});
  }
  const MutexLock lock(mutex_);
  listeners_ = std::move(parsed);
}

bool OwnListeners::reached_by(std::span<const std::uint8_t> address, std::uint16_t port) const {
  const Octets wanted = destination(address);
  const MutexLock lock(mutex_);
  return std::ranges::any_of(listeners_, [&](const Listener& listener) {
    if (listener.port != port) return false;
    // One on [::] takes IPv4 as well, unless the system says otherwise.
    const bool on_all =
        is_unspecified(listener.address) && (listener.address.size() == 16 || wanted.size() == 4);
    return on_all ? is_local(wanted) : listener.address == wanted;
  });
}

}  // namespace stagecache::upstream
