#pragma once
//
// PublishedLookup asks, while an archive is downloaded, what its publisher says of
// it: the checksum files beside it, the strongest first, the first that can be read.
// Begun with the archive's head and awaited at its end, it costs no time of its own.
//
// It never fails a fill by not knowing: a host that does not answer has published
// nothing now. Thread safety: one thread.

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "stagecache/base/result.h"
#include "stagecache/base/worker_pool.h"
#include "stagecache/manifest/checksum_file.h"
#include "stagecache/model/header.h"
#include "stagecache/model/url.h"
#include "stagecache/upstream/fetcher.h"

namespace stagecache::cache {

struct PublishedDigest {
  manifest::PublishedSum sum;
  Url url;  ///< Of the checksum file.
};

class PublishedLookup {
 public:
  struct Question {
    Url archive;
    Headers headers;  ///< Of the request for it; who asks, and by what right, is passed on.
  };

  /// False for what has no checksum file beside it, by its name.
  static bool is_worth_asking(const Url& archive);

  /// Begins on a thread of `pool`. `fetcher` outlives the pool.
  PublishedLookup(upstream::Fetcher& fetcher, WorkerPool& pool, Question question);
  /// Ends it, without waiting for that.
  ~PublishedLookup();
  PublishedLookup(const PublishedLookup&) = delete;
  PublishedLookup& operator=(const PublishedLookup&) = delete;

  /// What was found, once every file was looked for, or `patience` is over. Fails with
  /// Cancelled when `stop` is asked for meanwhile.
  Result<std::optional<PublishedDigest>> wait(std::chrono::milliseconds patience,
                                              std::stop_token stop);

 private:
  class Search;
  const std::shared_ptr<Search> search_;
};

}  // namespace stagecache::cache
