#pragma once
//
// The answer to a request for an index.yml: the body is read whole, its URLs become
// ours (module manifest), and what comes out is a representation of its own, with its
// own tag, digest and length. What turns out to be no index goes out untouched.
//
// Thread safety: all methods, from any thread.

#include <functional>

#include "http/own_url.h"
#include "http/whole_reader.h"
#include "stagecache/base/worker_pool.h"
#include "stagecache/http/message.h"

namespace stagecache::http {

class IndexAnswers {
 public:
  struct Question {
    OwnRoot root;
    Headers headers;  ///< The request's.
  };
  using Give = std::function<void(Result<Response>)>;

  /// `may_fetch` may be empty: then no URL becomes ours.
  explicit IndexAnswers(std::function<bool(const Url&)> may_fetch);

  /// By its name: ".../index.yml".
  static bool is_index(const Url& url) { return url.base_name() == "index.yml"; }

  /// Gives the response once, on another thread perhaps; never when this ends first.
  void answer(Question question, std::shared_ptr<cache::Body> body, Give give);

 private:
  Response rewritten(const Question& question, const cache::Meta& meta, WholeReader::Text text);

  const std::function<bool(const Url&)> may_fetch_;
  WorkerPool pool_;     // Parses: an io thread has no time for that.
  WholeReader reader_;  // Ends first: it feeds the pool.
};

}  // namespace stagecache::http
