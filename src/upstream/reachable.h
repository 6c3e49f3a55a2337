#pragma once
//
// Which of a host's addresses may be connected to: what is private only where the
// host's entry says so, our own listeners never.

#include <expected>
#include <vector>

#include "stagecache/upstream/own_listeners.h"
#include "stagecache/upstream/policy.h"
#include "upstream/address.h"
#include "upstream/failure.h"

namespace stagecache::upstream {

/// What is left of `addresses`. Fails with Denied when nothing is; the message names
/// the first address and the way out. REQUIRES: `addresses` is not empty.
std::expected<std::vector<Address>, Failure> reachable(std::vector<Address> addresses,
                                                       const Url& url, const HostRule& rule,
                                                       const OwnListeners& own);

}  // namespace stagecache::upstream
