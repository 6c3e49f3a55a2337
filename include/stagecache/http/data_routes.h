#pragma once
//
// DataRoutes is what the data listener answers: GET and HEAD on artifacts, named
// by URL or digest, with conditionals and single ranges. It opens bodies and maps
// errors to statuses; it moves no byte, but for an index.yml, whose URLs become ours.
//
// An answer whose head does not come in time is 504; the fill behind it goes on,
// so that the same request a little later is a hit.
//
// Thread safety: all methods, from any thread. It must outlive the server.

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stagecache/cache/cache.h"
#include "stagecache/http/server.h"

namespace stagecache::http {

class HeadDeadlines;
class IndexAnswers;

class DataRoutes {
 public:
  /// Cache::open, or a test's stand-in for it.
  using Opener = std::function<void(cache::Request, cache::Cache::OnBody)>;

  struct Options {
    std::vector<std::string> names;  ///< `[listen] names`: hosts that are us.
    /// Is this host on the allow list (an operator may have aliased it to us)?
    std::function<bool(std::string_view host)> listed;
    /// Would this URL be fetched for a client? Such URLs of an index.yml become ours.
    std::function<bool(const Url&)> may_fetch = {};
    std::string public_url = {};  ///< `[listen] public_url`; "": as each client spells it.
    /// Is this an address and port of a listener of ours?
    std::function<bool(const Url& place)> own_listener = {};
    /// Our pseudonym in the Via fields of what we send: what carries it has gone in a circle.
    std::string via = {};
    std::chrono::milliseconds header_timeout{60'000};  ///< Until the head of an answer is known.
    /// After a failure: how long the answer will be the same. May be empty.
    std::function<std::optional<std::chrono::seconds>(const cache::Request&)> retry_after = {};
  };

  DataRoutes(Opener open, Options options);
  ~DataRoutes();

  void operator()(Request request, Respond respond);

 private:
  void open(const Request& request, cache::Request wanted, Respond respond);

  const Opener open_;
  const Options options_;
  const std::unique_ptr<HeadDeadlines> deadlines_;
  const std::shared_ptr<IndexAnswers> index_answers_;
};

}  // namespace stagecache::http
