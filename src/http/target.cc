#include "stagecache/http/target.h"

#include <algorithm>

#include "stagecache/model/header.h"
#include "stagecache/model/shown.h"

namespace stagecache::http {
namespace {

constexpr std::string_view kMirror = "/mirror/";
constexpr std::string_view kSha256 = "/sha256/";
constexpr std::string_view kHealth = "/healthz";
constexpr std::size_t kHexDigits = 64;

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

/// "host:port" without its port and the brackets of an IPv6 literal.
std::string bare_host(std::string_view authority) {
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    return lower(authority.substr(1, end == std::string_view::npos ? end : end - 1));
  }
  std::string host = lower(authority.substr(0, authority.rfind(':')));
  if (host.ends_with('.')) host.pop_back();
  return host;
}

bool is_own_name(const Url& place, const KnownHosts& hosts) {
  return std::ranges::any_of(
      hosts.names, [&](const std::string& name) { return bare_host(name) == place.host; });
}

bool is_address_reached(const Url& place, const KnownHosts& hosts) {
  return place.host == "localhost" || bare_host(place.host) == hosts.local;
}

std::string_view path_of(std::string_view origin_form) {
  return origin_form.substr(0, origin_form.find('?'));
}

bool has_form_of_ours(std::string_view origin_form) {
  return origin_form.starts_with(kMirror) || origin_form.starts_with(kSha256);
}

/// Under an upstream's name that is aliased to us: a rewritten index.yml names us so.
/// What only begins like a path of ours is the upstream's own.
bool can_only_be_ours(std::string_view origin_form, const KnownHosts& hosts) {
  if (origin_form.starts_with(kMirror)) {
    const std::string_view rest = origin_form.substr(kMirror.size());
    const std::string host = bare_host(rest.substr(0, rest.find_first_of("/?")));
    return !host.empty() && hosts.listed(host);
  }
  if (!origin_form.starts_with(kSha256)) return false;
  const std::string_view rest = origin_form.substr(kSha256.size());
  return rest.find('/') == kHexDigits && Sha256::parse(rest.substr(0, kHexDigits)).has_value();
}

/// `rest` is "host[:port]/path?query". The scheme is no part of a source's name
/// but decides which port goes without saying: http only where port 80 is named.
Result<Url> mirror_url(std::string_view rest) {
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  if (authority.empty())
    return fail(ErrorCode::BadInput, "no host in the path; use /mirror/<host>/<path>");
  const std::string_view scheme = authority.ends_with(":80") ? "http://" : "https://";
  return Url::parse(std::string(scheme).append(rest));
}

Result<Target> source_target(Result<Url> url) {
  if (!url) return error_of(std::move(url));
  return ArtifactTarget{.source = std::move(*url), .sha256 = {}};
}

/// `rest` is "<64 hex>/<name>" or "<64 hex>/mirror/<host>/<path>".
Result<Target> digest_target(std::string_view rest) {
  const std::string_view hex = rest.substr(0, rest.find_first_of("/?"));
  auto sha256 = Sha256::parse(hex);
  if (!sha256) {
    return fail(ErrorCode::BadInput, "/sha256/ wants " + std::to_string(kHexDigits) +
                                         " hex digits, got " + std::to_string(hex.size()) +
                                         " characters that are none");
  }
  ArtifactTarget target{.source = {}, .sha256 = *sha256};
  const std::string_view after = rest.substr(hex.size());
  if (after.starts_with(kMirror)) {
    auto url = mirror_url(after.substr(kMirror.size()));
    if (!url) return error_of(std::move(url));
    target.source = std::move(*url);
  }
  return target;
}

/// An origin-form target that is addressed to us.
Result<Target> own_target(std::string_view target) {
  if (path_of(target) == kHealth) return HealthTarget{};
  if (target.starts_with(kMirror)) return source_target(mirror_url(target.substr(kMirror.size())));
  if (target.starts_with(kSha256)) return digest_target(target.substr(kSha256.size()));
  return UnknownTarget{};
}

/// An operator may list an address of this machine for another server on another
/// port: then our own port tells us apart.
bool is_for_us(const Url& place, std::string_view origin_form, const KnownHosts& hosts) {
  if (is_own_name(place, hosts)) return true;
  if (hosts.own_listener && hosts.own_listener(place)) return true;
  const bool listed = hosts.listed && hosts.listed(place.host);
  if (is_address_reached(place, hosts) &&
      (!listed || std::to_string(place.port) == hosts.local_port))
    return true;
  return listed ? can_only_be_ours(origin_form, hosts) : has_form_of_ours(origin_form);
}

/// Host and port of an authority in the one spelling that a Url has, so that no other
/// spelling passes for another host. Fails with BadInput for what is none.
Result<Url> place_of(std::string_view scheme, std::string_view authority) {
  return Url::parse(std::string(scheme).append(authority).append("/"));
}

/// "http://host/path", as a client with http_proxy sends it. Whatever the Host field
/// says, this is what counts (RFC 9112 3.2.2).
Result<Target> absolute_target(std::string_view target, std::size_t scheme_end,
                               const KnownHosts& hosts) {
  const std::string_view rest = target.substr(scheme_end);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  const std::string_view origin_form = rest.substr(authority.size());
  const std::string_view path = origin_form.empty() ? "/" : origin_form;
  const auto place = place_of(target.substr(0, scheme_end), authority);
  if (!place) return std::unexpected(place.error());
  if (is_for_us(*place, path, hosts)) return own_target(path);
  return source_target(Url::parse(target));
}

/// The length of "http://" or "https://" at the start; 0 when there is neither.
std::size_t scheme_length(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (same_header_name(target.substr(0, scheme.size()), scheme)) return scheme.size();
  }
  return 0;
}

}  // namespace

Result<Target> parse_target(const TargetQuestion& question, const KnownHosts& hosts) {
  if (question.method == "CONNECT") return TunnelTarget{};
  if (const std::size_t scheme = scheme_length(question.target))
    return absolute_target(question.target, scheme, hosts);
  if (question.target == "*") return UnknownTarget{};
  if (!question.target.starts_with('/'))
    return fail(ErrorCode::BadInput,
                "the request target is neither a path nor an http or https URL");

  // A health check may come through a balancer that has a name of its own.
  if (path_of(question.target) == kHealth) return HealthTarget{};
  if (question.host.empty()) return own_target(question.target);
  const auto place =
      place_of(hosts.scheme == Scheme::Https ? "https://" : "http://", question.host);
  if (!place) return std::unexpected(Error(place.error()).in("Host"));
  if (is_for_us(*place, question.target, hosts)) return own_target(question.target);
  return source_target(mirror_url(std::string(question.host).append(question.target)));
}

Result<ArtifactTarget> artifact_of(std::string_view url, const KnownHosts& hosts) {
  const bool is_request_target = url.contains("://") || url.starts_with('/');
  const std::string target = std::string(is_request_target ? "" : kMirror).append(url);
  auto parsed = parse_target({.method = "GET", .target = target, .host = ""}, hosts);
  if (!parsed) return error_of(std::move(parsed));
  if (auto* artifact = std::get_if<ArtifactTarget>(&*parsed)) return std::move(*artifact);
  return fail(ErrorCode::BadInput, shown(url) + " is no URL of an artifact");
}

}  // namespace stagecache::http
