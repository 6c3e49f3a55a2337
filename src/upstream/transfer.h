#pragma once
//
// One request to one server and its answer, by libcurl. It knows time limits,
// sockets and framing; what an answer means is its Receiver's business.
//
// INVARIANT: it connects to no address but the given ones (checked again at the
// moment a socket is made), so what was checked is what is spoken to.
// Time that the Receiver takes counts against no limit: a Sink may wait for room
// on the disk for a minute.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "stagecache/upstream/upstream.h"
#include "upstream/address.h"
#include "upstream/answer.h"
#include "upstream/failure.h"

namespace stagecache::upstream {

/// Takes an answer in. Called by the thread that runs the transfer.
class Receiver {
 public:
  enum class Next { GoOn, Stop };

  virtual ~Receiver() = default;
  /// The final head, once; interim (1xx) ones are not shown.
  virtual Next on_head(RawHead head) = 0;
  virtual Next on_body(std::span<const std::byte> bytes) = 0;
  /// The promised length has come. The transfer then lingers for a moment, to see
  /// whether the server sends more than it promised.
  virtual bool has_all() const = 0;
};

struct Exchange {
  Url url;
  Headers headers;
  /// Where the host is. None: the proxy finds out.
  std::optional<std::vector<Address>> addresses;
  std::uint64_t rate = 0;  ///< Bytes a second of the host as a whole; 0: no limit.
  /// Told of body bytes that came, says how long nothing more is to be read: the host's
  /// rate is shared by those that run. That wait counts against no limit. Empty: no wait.
  std::function<std::chrono::milliseconds(std::size_t)> pace;
};

/// Returns success when the answer ended as HTTP says, when the Receiver had all,
/// or when it stopped. Fails with Unavailable, TimedOut or Cancelled.
std::expected<void, Failure> run_transfer(const Options& options, const Exchange& exchange,
                                          Receiver& receiver, std::stop_token stop);

}  // namespace stagecache::upstream
