#include "http/own_url.h"

#include <optional>

namespace stagecache::http {
namespace {

std::string root_of(const Url& url) {
  return std::string(to_string(url.scheme)) + "://" + url.host_port();
}

/// Through the parser: what a client sends must not get into a body unread.
std::optional<std::string> parsed_root(std::string_view url) {
  const auto parsed = Url::parse(url);
  return parsed ? std::optional(root_of(*parsed)) : std::nullopt;
}

std::string address_reached(const Request& request) {
  const bool is_v6 = request.local.find(':') != std::string::npos;
  return (request.tls ? "https://" : "http://") +
         (is_v6 ? "[" + request.local + "]" : request.local) + ":" + request.local_port;
}

}  // namespace

OwnRoot own_root(const Request& request, std::string_view public_url) {
  while (public_url.ends_with('/')) public_url.remove_suffix(1);
  if (!public_url.empty()) return {.root = std::string(public_url), .from_request = false};

  const auto host = find_header(request.headers, "Host").value_or("");
  auto root = parsed_root(request.target);  // Absolute form; an origin form is no URL.
  if (!root && !host.empty())
    root = parsed_root((request.tls ? "https://" : "http://") + std::string(host) + "/");
  return {.root = root ? *std::move(root) : address_reached(request), .from_request = true};
}

std::string mirror_url_of(const OwnRoot& root, const Url& url) {
  return root.root + "/mirror/" + url.host_port() + url.target();
}

}  // namespace stagecache::http
