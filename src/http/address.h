#pragma once
// Socket addresses as texts and back.

#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <string_view>

#include "stagecache/base/result.h"

namespace stagecache::http {

/// "127.0.0.1", "::1"; an IPv4 address that is mapped into IPv6 as IPv4.
std::string address_text(const boost::asio::ip::address& address);

/// "127.0.0.1:8080", "[::1]:8080".
std::string endpoint_text(const boost::asio::ip::tcp::endpoint& endpoint);

/// Reads what endpoint_text writes, and "localhost:8080". Fails with BadInput.
Result<boost::asio::ip::tcp::endpoint> parse_endpoint(std::string_view text);

}  // namespace stagecache::http
