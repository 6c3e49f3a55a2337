#include "upstream/curl_fetcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "upstream/answer_receiver.h"
#include "upstream/host_credentials.h"
#include "upstream/reachable.h"
#include "upstream/request_headers.h"
#include "upstream/transfer.h"
#include "upstream/wording.h"

namespace stagecache::upstream {
namespace {

// GitHub and Adoptium take two or three; browsers stop at 20.
constexpr int kMaxRedirects = 10;
constexpr RetryHint kPointless{.worth = false, .after = std::nullopt};

/// Puts the URL in front; after a redirect also how we got there.
Failure at(Failure failure, int hops, const Url& start, const Url& hop) {
  if (failure.of == Failure::Of::Sink) return failure;
  std::string where = printable(hop);
  if (hops > 0) where = fmt::format("{} redirected to {}", printable(start), where);
  failure.error = std::move(failure.error).in(where);
  return failure;
}

Failure resolve_failure(Error error) {
  // No such name is an answer, not a hiccup; but the caller's code for it is that
  // the peer cannot be reached, for NotFound says that the file is not there.
  if (error.code == ErrorCode::NotFound)
    return {{ErrorCode::Unavailable, std::move(error.message)}, kPointless};
  const bool passing = error.code == ErrorCode::Unavailable || error.code == ErrorCode::TimedOut;
  return {std::move(error), {.worth = passing, .after = std::nullopt}};
}

/// Whether the host, or one above it, stands in a no_proxy list.
bool is_listed(const std::vector<std::string>& no_proxy, const Url& url) {
  return std::ranges::any_of(no_proxy, [&](std::string_view name) {
    if (name.starts_with("*.")) name.remove_prefix(2);
    return url.host == name || url.host.ends_with("." + std::string(name));
  });
}

Options hurried(Options options) {
  options.header_timeout = std::min(options.header_timeout, kHurriedHead);
  return options;
}

}  // namespace

CurlFetcher::CurlFetcher(const Options& options, const Policy& policy, const OwnListeners& own,
                         SharedCounters& counters, HostLimits& limits)
    : options_(options),
      policy_(policy),
      own_(own),
      counters_(counters),
      hurried_options_(hurried(options)),
      resolver_({.server = options.resolver, .timeout = options.connect_timeout}),
      hurried_resolver_(
          {.server = options.resolver, .timeout = std::min(options.connect_timeout, kHurriedHead)}),
      limits_(limits) {}

Status CurlFetcher::fetch(const FetchRequest& request, Sink& sink, std::stop_token stop) {
  if (request.offset > 0 && !request.digest_known && !request.validators.strong())
    return fail(ErrorCode::Changed, printable(request.url) +
                                        ": nothing proves that the bytes are still the same: no "
                                        "strong ETag, no date, no digest");
  auto done = follow(request, sink, stop);
  if (done) return {};
  sink.on_retry_hint(done.error().hint);
  return std::unexpected(std::move(done).error().error);
}

std::expected<void, Failure> CurlFetcher::follow(const FetchRequest& request, Sink& sink,
                                                 std::stop_token stop) {
  Hop hop{request.url, end_to_end(request.headers)};
  for (int hops = 0; hops <= kMaxRedirects; ++hops) {
    auto next = ask(request, hop, sink, stop);
    if (!next) return std::unexpected(at(std::move(next).error(), hops, request.url, hop.url));
    if (!*next) return {};
    if ((*next)->host != hop.url.host || (*next)->port != hop.url.port)
      hop.headers = without_credentials(hop.headers);
    hop.url = **next;
  }
  return failure(ErrorCode::Unavailable,
                 fmt::format("{}: redirected more than {} times, last to {}",
                             printable(request.url), kMaxRedirects, printable(hop.url)),
                 kPointless);
}

CurlFetcher::Next CurlFetcher::ask(const FetchRequest& request, Hop& hop, Sink& sink,
                                   std::stop_token stop) {
  auto admitted = policy_.admit(hop.url);
  if (!admitted) return std::unexpected(Failure{std::move(admitted).error(), kPointless});
  const HostRule& rule = *policy_.find(admitted->host);
  hop.url = *admitted;  // From here on what is really asked, also in messages.

  auto pass = limits_.enter(
      admitted->host, rule,
      request.hurried ? HostLimits::Patience::None : HostLimits::Patience::Some, stop);
  if (!pass) return std::unexpected(std::move(pass).error());
  Exchange exchange{.url = *admitted,
                    .headers = hop.headers,
                    .addresses = {},
                    .rate = rule.rate,
                    .pace = [&](std::size_t bytes) { return pass->slot.pace(bytes, rule.rate); }};
  const bool through_proxy = !options_.proxy.empty() && !is_listed(options_.no_proxy, *admitted);
  // A proxy looks names up itself; what is an address already we can judge ourselves.
  if (!through_proxy || Address::parse(admitted->host)) {
    auto addresses =
        checked_addresses(*admitted, rule, request.hurried ? hurried_resolver_ : resolver_, stop);
    if (!addresses) return std::unexpected(std::move(addresses).error());
    if (!through_proxy) exchange.addresses = *std::move(addresses);
  }
  // A client's own credentials go before ours; these are added at each hop to its host,
  // so that no redirect carries them on.
  if (!rule.credentials_file.empty() && !find_header(exchange.headers, "Authorization")) {
    auto field = authorization_from(rule.credentials_file);
    if (!field) return std::unexpected(Failure{std::move(field).error(), kPointless});
    exchange.headers.push_back({"Authorization", *std::move(field)});
  }
  if (!options_.via.empty()) exchange.headers.push_back({"Via", "1.1 " + options_.via});
  std::ranges::copy(range_and_conditions(request), std::back_inserter(exchange.headers));

  ++counters_.requests;
  AnswerReceiver receiver(request, sink, counters_, pass->meter);
  if (auto ran =
          run_transfer(request.hurried ? hurried_options_ : options_, exchange, receiver, stop);
      !ran)
    return std::unexpected(std::move(ran).error());
  auto location = receiver.result();
  limits_.answered(admitted->host, receiver.status(), location);
  if (!location) return std::unexpected(std::move(location).error());
  if (!*location) return std::nullopt;
  auto next = admitted->resolve(**location);
  if (!next)
    return failure(ErrorCode::Unavailable, "redirects to no usable URL: " + next.error().message,
                   kPointless);
  return *std::move(next);
}

/// The addresses of the host that may be connected to.
std::expected<std::vector<Address>, Failure> CurlFetcher::checked_addresses(
    const Url& url, const HostRule& rule, const Resolver& resolver, std::stop_token stop) const {
  auto addresses = resolver.resolve(url.host, stop);
  if (!addresses) return std::unexpected(resolve_failure(std::move(addresses).error()));
  return reachable(*std::move(addresses), url, rule, own_);
}

}  // namespace stagecache::upstream
