#include "http/address.h"

#include <charconv>
#include <optional>

namespace stagecache::http {

namespace ip = boost::asio::ip;

namespace {

std::unexpected<Error> no_endpoint(std::string_view text) {
  return fail(ErrorCode::BadInput, "listen address \"" + std::string(text) +
                                       "\": expected ADDRESS:PORT as in 127.0.0.1:8080 or "
                                       "[::1]:8080");
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return port;
}

}  // namespace

std::string address_text(const ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return ip::make_address_v4(ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

std::string endpoint_text(const ip::tcp::endpoint& endpoint) {
  const std::string port = std::to_string(endpoint.port());
  const std::string host = endpoint.address().to_string();
  return endpoint.address().is_v6() ? "[" + host + "]:" + port : host + ":" + port;
}

Result<ip::tcp::endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return no_endpoint(text);
  const auto port = parse_port(text.substr(colon + 1));
  std::string host(text.substr(0, colon));
  if (host == "localhost") host = "127.0.0.1";
  const bool bracketed = host.size() > 2 && host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);

  boost::system::error_code error;
  const auto address = ip::make_address(host, error);
  if (error || !port || address.is_v6() != bracketed) return no_endpoint(text);
  return ip::tcp::endpoint(address, *port);
}

}  // namespace stagecache::http
