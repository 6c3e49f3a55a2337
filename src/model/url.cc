#include "stagecache/model/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/url.hpp>
#include <cctype>
#include <charconv>

#include "stagecache/base/hex.h"

namespace stagecache {
namespace {

namespace urls = boost::urls;

/// Longer ones are refused: no publisher has them, and every bound has a name.
constexpr std::size_t kMaxUrlBytes = 8192;
// RFC 1035 2.3.4: no name server has longer ones.
constexpr std::size_t kMaxHostBytes = 253;
constexpr std::size_t kMaxLabelBytes = 63;

std::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(ErrorCode::BadInput, fmt::format("'{}': {}", text.substr(0, 200), why));
}

bool is_unreserved(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_' ||
         c == '~';
}

/// RFC 3986 6.2.2: escapes of unreserved characters are decoded, the others get
/// upper-case digits. (Boost.URL's normalize would also decode %2B and the like,
/// which some servers tell apart.) REQUIRES: `text` has well-formed escapes.
std::string normal_escapes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const std::string digits(text.substr(i + 1, 2));
    const char decoded = static_cast<char>(std::stoi(digits, nullptr, 16));
    if (is_unreserved(decoded)) {
      out += decoded;
    } else {
      out += '%';
      for (const char d : digits) out += static_cast<char>(std::toupper(d));
    }
    i += 2;
  }
  return out;
}

/// RFC 3986 5.2.4 for a path that begins with '/'.
std::string without_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t next = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, next);
    const bool last = next == path.size();
    path.remove_prefix(next);
    if (segment == "/." || segment == "/..") {
      if (segment == "/..") out.resize(out.rfind('/') == std::string::npos ? 0 : out.rfind('/'));
      if (last) out += '/';
    } else {
      out += segment;
    }
  }
  return out.empty() ? "/" : out;
}

/// What inet_aton would take for an address: the last label is a number, decimal
/// or hexadecimal (WHATWG URL: "ends in a number").
bool ends_in_a_number(std::string_view host) {
  const std::size_t dot = host.rfind('.');
  const std::string_view label = dot == std::string_view::npos ? host : host.substr(dot + 1);
  if (label.starts_with("0x")) return true;
  return !label.empty() && std::ranges::all_of(label, [](char c) { return c >= '0' && c <= '9'; });
}

bool fits_the_dns(std::string_view host) {
  if (host.size() > kMaxHostBytes) return false;
  while (!host.empty()) {
    const std::size_t dot = std::min(host.find('.'), host.size());
    if (dot > kMaxLabelBytes) return false;
    host.remove_prefix(std::min(dot + 1, host.size()));
  }
  return true;
}

/// Boost.URL 1.81 takes "1.2.3.4.5" for the host 1.2.3.4 and "a.org:http" for one
/// without a port, and leaves the rest lying. What it read must be all there is.
bool authority_is_whole(const urls::url_view& url, std::string_view text) {
  const std::string_view after_slashes =
      text.substr(std::min(text.find("//"), text.size() - 2) + 2);
  const std::string_view authority = after_slashes.substr(0, after_slashes.find_first_of("/?#"));
  std::string read(std::string_view(url.encoded_host()));
  if (url.has_port()) read += ":" + std::string(std::string_view(url.port()));
  return authority == read;
}

Result<std::string> normal_host(const urls::url_view& url, std::string_view text) {
  if (url.host_type() == urls::host_type::ipv4) return std::string(url.encoded_host());
  if (url.host_type() == urls::host_type::ipv6)
    return "[" + url.host_ipv6_address().to_string() + "]";
  if (url.host_type() != urls::host_type::name) return refuse(text, "it has no host");

  std::string host(url.encoded_host());
  std::ranges::transform(host, host.begin(), [](unsigned char c) { return std::tolower(c); });
  if (host.ends_with('.')) host.pop_back();
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  };
  if (host.empty() || !std::ranges::all_of(host, plain) || host.starts_with('.') ||
      host.ends_with('.') || host.find("..") != std::string::npos)
    return refuse(text, "its host is no plain host name");
  if (!fits_the_dns(host))
    return refuse(text, "its host is longer than a host name can be (253 bytes, 63 a label)");
  if (ends_in_a_number(host))
    return refuse(text, "its host is a number that is no plain dotted IPv4 address");
  return host;
}

Result<std::uint16_t> port_of(const urls::url_view& url, Scheme scheme, std::string_view text) {
  if (!url.has_port() || url.port().empty()) return default_port(scheme);
  // Not port_number(): Boost.URL 1.81 lets 99999 wrap to 34463.
  const std::string_view digits = url.port();
  std::uint16_t port = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || stop != digits.data() + digits.size() || port == 0)
    return refuse(text, "its port is no number from 1 to 65535");
  return port;
}

}  // namespace

std::string_view to_string(Scheme scheme) {
  return scheme == Scheme::Http ? "http" : "https";
}

std::uint16_t default_port(Scheme scheme) {
  return scheme == Scheme::Http ? 80 : 443;
}

Result<Url> Url::parse(std::string_view absolute) {
  if (absolute.size() > kMaxUrlBytes) return refuse(absolute, "it is longer than 8192 bytes");
  const auto parsed = urls::parse_uri(absolute);
  if (!parsed) return refuse(absolute, "it is no absolute URL");
  const urls::url_view& view = *parsed;

  Url url;
  if (view.scheme_id() == urls::scheme::http) url.scheme = Scheme::Http;
  else if (view.scheme_id() != urls::scheme::https) return refuse(absolute, "only http and https");
  if (view.has_userinfo()) return refuse(absolute, "a user name in it is not allowed");
  if (view.has_fragment()) return refuse(absolute, "a fragment (#) in it is not allowed");

  if (!authority_is_whole(view, absolute))
    return refuse(absolute, "its host and port are malformed");

  auto host = normal_host(view, absolute);
  if (!host) return error_of(std::move(host));
  url.host = *std::move(host);
  const auto port = port_of(view, url.scheme, absolute);
  if (!port) return std::unexpected(port.error());
  url.port = *port;
  url.path = without_dot_segments(normal_escapes(std::string_view(view.encoded_path())));
  url.query = normal_escapes(std::string_view(view.encoded_query()));
  return url;
}

Result<Url> Url::resolve(std::string_view reference) const {
  const std::string base_text = to_string();
  const auto base = urls::parse_uri(base_text);
  const auto relative = urls::parse_uri_reference(reference.substr(0, reference.find('#')));
  if (!base || !relative) return refuse(reference, "it is no URL");
  urls::url joined;
  if (!urls::resolve(*base, *relative, joined)) return refuse(reference, "it is no URL");
  return parse(std::string_view(joined.buffer()));
}

std::string Url::host_port() const {
  return port == default_port(scheme) ? host : fmt::format("{}:{}", host, port);
}

std::string Url::target() const {
  return query.empty() ? path : path + "?" + query;
}

std::string Url::to_string() const {
  return fmt::format("{}://{}{}", stagecache::to_string(scheme), host_port(), target());
}

std::string Url::base_name() const {
  return path.substr(path.rfind('/') + 1);
}

std::string source_key(const Url& url) {
  std::string path = url.path;
  for (std::size_t at = path.find("%2B"); at != std::string::npos; at = path.find("%2B", at))
    path.replace(at, 3, "+");
  return url.host_port() + path + (url.query.empty() ? "" : "?" + url.query);
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::array<std::byte, 1> byte{};
    if (text[i] == '%' && from_hex(text.substr(i + 1, 2), byte)) {
      out += static_cast<char>(byte[0]);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace stagecache
