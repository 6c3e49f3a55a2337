#include "config/checks.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "stagecache/model/quantity.h"
#include "stagecache/model/sha256.h"
#include "stagecache/model/url.h"

namespace stagecache::config {
namespace {

constexpr std::string_view kVersion = "{version}";

std::optional<std::uint32_t> number_in(std::string_view digits) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), number);
  if (error != std::errc() || end != digits.end() || digits.empty()) return std::nullopt;
  return number;
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

bool is_bracketed(std::string_view text) {
  return text.size() > 2 && text.front() == '[' && text.back() == ']' &&
         text.find_first_not_of("0123456789abcdefABCDEF:.%", 1) == text.size() - 1;
}

bool is_bare_host(std::string_view text) {
  if (is_bracketed(text)) return true;
  if (text.empty()) return false;
  for (const char c : text)
    if (!is_name_character(c)) return false;
  return true;
}

std::unexpected<Error> wrong(std::string why) {
  return fail(ErrorCode::BadInput, std::move(why));
}

}  // namespace

Status check_listener(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return wrong(fmt::format("\"{}\" has no :port", text));
  const auto port = number_in(text.substr(colon + 1));
  if (!port || *port > 65535)
    return wrong(fmt::format("the port of \"{}\" is no number up to 65535", text));
  if (text.starts_with("*")) return wrong("for every address write 0.0.0.0 or [::] instead of *");
  if (!is_bare_host(text.substr(0, colon)))
    return wrong(fmt::format("\"{}\" is no host name or address (IPv6 in brackets: [::1]:8080)",
                             text.substr(0, colon)));
  return {};
}

Status check_host_name(std::string_view text) {
  if (text.find("://") != text.npos || text.find('/') != text.npos)
    return wrong(fmt::format("\"{}\" is a URL; only the host's name goes here", text));
  const std::string_view name = text.starts_with("*.") ? text.substr(2) : text;
  if (is_bare_host(name)) return {};
  if (name.find(':') != name.rfind(':'))
    return wrong(fmt::format("\"{}\": an IPv6 address stands in brackets: \"[::1]\"", text));
  if (name.find(':') != name.npos)
    return wrong(fmt::format("\"{}\" has a port; ports go into [[upstream.host]] ports", text));
  return wrong(fmt::format("\"{}\" is no host name", text));
}

Status check_prefix(std::string_view text) {
  if (text.find("://") != text.npos)
    return wrong(fmt::format("\"{}\" has a scheme; write host/path only", text));
  if (text.find('/') == text.npos || text.starts_with("/"))
    return wrong(fmt::format("\"{}\" is no host/path", text));
  // A host that the request may choose is no mirror.
  for (std::size_t at = text.find_first_of("{}"); at != text.npos;
       at = text.find_first_of("{}", at)) {
    if (!text.substr(at).starts_with(kVersion) || at < text.find('/'))
      return wrong(fmt::format("\"{}\": the one placeholder is {}, in the path", text, kVersion));
    at += kVersion.size();
  }
  return {};
}

Status check_url(std::string_view text) {
  if (text.empty()) return {};
  auto url = Url::parse(text);
  if (!url) return error_of(std::move(url));
  return {};
}

Status check_proxy(std::string_view text) {
  if (text.empty()) return {};
  for (const std::string_view scheme : {"http://", "https://", "socks5h://"})
    if (text.starts_with(scheme) && text.size() > scheme.size()) return {};
  if (text.starts_with("socks"))
    return wrong("of SOCKS only socks5h:// is known: the proxy has to look the names up");
  // Not the text itself: it may hold a password.
  return wrong("it begins with none of http://, https://, socks5h://");
}

Status check_scheme(std::string_view text) {
  if (text == "http" || text == "https") return {};
  return wrong(fmt::format("\"{}\" is neither \"https\" nor \"http\"", text));
}

Status check_sha256(std::string_view text) {
  if (text.empty() || Sha256::parse(text)) return {};
  return wrong(fmt::format("\"{}\" is not 64 hex digits", text));
}

Status check_quota(std::string_view text) {
  if (text.ends_with("%")) {
    const auto share = number_in(text.substr(0, text.size() - 1));
    if (share && *share >= 1 && *share <= 100) return {};
    return wrong(fmt::format("\"{}\" is no share from 1% to 100%", text));
  }
  auto size = parse_size(text);
  if (!size) return error_of(std::move(size));
  return {};
}

}  // namespace stagecache::config
