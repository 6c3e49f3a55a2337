#pragma once
//
// CurlFetcher is the Fetcher that really asks: one place, one try. It follows
// redirects itself, so that every hop passes the allow list and the address check.
// It never sends credentials to another host than the one they were given for.
//
// Thread safety: all methods.

#include "stagecache/upstream/own_listeners.h"
#include "stagecache/upstream/upstream.h"
#include "upstream/failure.h"
#include "upstream/host_limits.h"
#include "upstream/resolver.h"
#include "upstream/shared_counters.h"

namespace stagecache::upstream {

class CurlFetcher final : public Fetcher {
 public:
  /// The referenced values must outlive it.
  CurlFetcher(const Options& options, const Policy& policy, const OwnListeners& own,
              SharedCounters& counters, HostLimits& limits);

  Status fetch(const FetchRequest& request, Sink& sink, std::stop_token stop) override;

 private:
  using Next = std::expected<std::optional<Url>, Failure>;  // Where to ask next; none: done.

  struct Hop {
    Url url;
    Headers headers;
  };
  std::expected<void, Failure> follow(const FetchRequest& request, Sink& sink,
                                      std::stop_token stop);
  Next ask(const FetchRequest& request, Hop& hop, Sink& sink, std::stop_token stop);
  std::expected<std::vector<Address>, Failure> checked_addresses(const Url& url,
                                                                 const HostRule& rule,
                                                                 const Resolver& resolver,
                                                                 std::stop_token stop) const;

  const Options& options_;
  const Policy& policy_;
  const OwnListeners& own_;
  SharedCounters& counters_;
  const Options hurried_options_;  // The same with less patience.
  const Resolver resolver_;
  const Resolver hurried_resolver_;
  HostLimits& limits_;
};

}  // namespace stagecache::upstream
