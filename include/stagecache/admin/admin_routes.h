#pragma once
//
// The routes of the admin listener: warm jobs, artifacts, statistics, health.
// Requests are worked off by a small pool, because most of them touch the disk.
//
// With a token set every request must carry it (RFC 6750). A request from a web
// page of another origin is refused, token or not.
//
// Thread safety: a handler may be called from any thread.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "stagecache/base/result.h"
#include "stagecache/cache/cache.h"
#include "stagecache/cache/scrub.h"
#include "stagecache/http/message.h"
#include "stagecache/http/server.h"
#include "stagecache/prefetch/warm_jobs.h"
#include "stagecache/store/store.h"
#include "stagecache/upstream/upstream.h"

namespace stagecache::admin {

/// What the routes answer from. All are borrowed and outlive the routes.
struct Services {
  store::Store& store;
  cache::Cache& cache;
  cache::Scrub& scrub;
  prefetch::WarmJobs& jobs;
  upstream::Upstream& upstream;
  std::string token;                    ///< "" : none is asked for.
  std::vector<std::string> names = {};  ///< `[listen] names`: hosts that are us.
};

class AdminRoutes {
 public:
  explicit AdminRoutes(Services services);
  ~AdminRoutes();

  http::Handler handler();

 private:
  class Parts;
  std::shared_ptr<Parts> parts_;
};

/// The token in a file: its first line, without blanks around it. Fails with
/// BadInput when it is shorter than 16 characters.
Result<std::string> read_token(const std::string& path);

}  // namespace stagecache::admin
