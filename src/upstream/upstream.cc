#include "stagecache/upstream/upstream.h"

#include <utility>

#include "upstream/address.h"
#include "upstream/curl_fetcher.h"
#include "upstream/host_limits.h"
#include "upstream/mirror_group.h"
#include "upstream/offline_gate.h"
#include "upstream/retrying.h"

namespace stagecache::upstream {

Validators ResponseHead::validators() const {
  return {.etag = std::string(find_header(headers, "ETag").value_or("")),
          .last_modified = std::string(find_header(headers, "Last-Modified").value_or(""))};
}

struct Upstream::Parts {
  Parts(Options given_options, Policy given_policy, BudgetStore* budgets)
      : options(std::move(given_options)),
        policy(std::move(given_policy)),
        limits{clock, options, budgets} {}

  const Options options;
  const Policy policy;
  OwnListeners own;
  SharedCounters counters;
  const SystemClock clock;
  HostLimits limits;
  CurlFetcher curl{options, policy, own, counters, limits};
  MirrorGroup mirrors{curl, policy, clock};
  Retrying retrying{mirrors, options, counters};
  OfflineGate gate{retrying,
                   options.offline ? OfflineGate::State::Closed : OfflineGate::State::Open};
};

Upstream::Upstream(Options options, Policy policy, BudgetStore* budgets)
    : parts_(std::make_unique<Parts>(std::move(options), std::move(policy), budgets)) {}

Upstream::~Upstream() = default;

Fetcher& Upstream::fetcher() {
  return parts_->gate;
}

void Upstream::go_offline() {
  parts_->gate.close();
}
void Upstream::go_online() {
  parts_->gate.open();
}
bool Upstream::offline() const {
  return parts_->gate.state() == OfflineGate::State::Closed;
}

Error Upstream::offline_error(const Url& url) const {
  return upstream::offline_error(url);
}

const Policy& Upstream::policy() const {
  return parts_->policy;
}

OwnListeners& Upstream::own_listeners() {
  return parts_->own;
}

bool Upstream::is_own_address(const Url& place) const {
  const auto address = Address::parse(place.host);
  return address && parts_->own.reached_by(address->bytes(), place.port);
}

Counters Upstream::counters() const {
  return parts_->counters.read();
}

std::vector<HostUse> Upstream::hosts() const {
  return parts_->limits.hosts(parts_->policy);
}

}  // namespace stagecache::upstream
