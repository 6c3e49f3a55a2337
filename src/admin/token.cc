#include "token.h"

#include "stagecache/admin/admin_routes.h"
#include "stagecache/base/file_system.h"
#include "stagecache/base/hasher.h"

namespace stagecache::admin {
namespace {

constexpr std::size_t kLeastTokenLength = 16;
constexpr std::uint64_t kTokenFileLimit = 4096;

/// Digests of equal length are compared, so that neither length nor a right
/// beginning of the token shows in the time.
bool same_secret(std::string_view a, std::string_view b) {
  const auto left = hash(HashKind::Sha256, std::as_bytes(std::span(a)));
  const auto right = hash(HashKind::Sha256, std::as_bytes(std::span(b)));
  std::byte difference{0};
  for (std::size_t i = 0; i < left.size(); ++i) difference |= left[i] ^ right[i];
  return difference == std::byte{0};
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

}  // namespace

Status check_token(const Headers& headers, std::string_view token) {
  if (token.empty()) return {};
  constexpr std::string_view kScheme = "Bearer ";
  const auto given = find_header(headers, "Authorization");
  if (given && given->size() > kScheme.size() &&
      same_header_name(given->substr(0, kScheme.size()), kScheme) &&
      same_secret(trimmed(given->substr(kScheme.size())), token))
    return {};
  return fail(ErrorCode::Denied,
              "this listener wants the bearer token of [admin] token_file "
              "(stagecache --token-file F)");
}

Status check_origin(const Headers& headers) {
  const auto origin = find_header(headers, "Origin");
  if (!origin) return {};
  const auto host = find_header(headers, "Host");
  const std::size_t scheme_end = origin->find("://");
  if (host && scheme_end != std::string_view::npos && origin->substr(scheme_end + 3) == *host)
    return {};
  return fail(ErrorCode::Denied, "a web page of another origin may not use this listener");
}

Status check_host(const Headers& headers) {
  const auto host = find_header(headers, "Host");
  if (!host) return {};
  std::string_view name = host->substr(0, host->rfind(':'));
  if (host->starts_with('[')) return {};  // An IPv6 address; names have no brackets.
  const bool is_ipv4 =
      !name.empty() && name.find_first_not_of("0123456789.") == std::string_view::npos;
  if (is_ipv4 || same_header_name(name, "localhost")) return {};
  return fail(ErrorCode::Denied,
              "without an [admin] token_file this listener answers to its "
              "address and to localhost only");
}

Result<std::string> read_token(const std::string& path) {
  auto text = read_file(path, kTokenFileLimit);
  if (!text) return std::unexpected(std::move(text).error().in("[admin] token_file"));
  const std::string token(trimmed(std::string_view(*text).substr(0, text->find('\n'))));
  if (token.size() < kLeastTokenLength)
    return fail(ErrorCode::BadInput,
                "[admin] token_file " + path +
                    ": the first line must be a token of at least 16 characters");
  return token;
}

}  // namespace stagecache::admin
