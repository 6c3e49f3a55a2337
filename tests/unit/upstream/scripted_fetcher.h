#pragma once
// A Fetcher whose tries are steps of a script, for what wraps a Fetcher. One thread.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "stagecache/upstream/fetcher.h"

namespace stagecache::upstream::test {

struct ScriptedFetcher final : Fetcher {
  using Step = std::function<Status(const FetchRequest&, Sink&)>;
  std::vector<Step> steps;
  std::vector<FetchRequest> requests;

  explicit ScriptedFetcher(std::vector<Step> script) : steps(std::move(script)) {}

  Status fetch(const FetchRequest& request, Sink& sink, std::stop_token) override {
    requests.push_back(request);
    if (requests.size() > steps.size()) return fail(ErrorCode::Internal, "script is over");
    return steps[requests.size() - 1](request, sink);
  }
  std::vector<std::string> asked() const {
    std::vector<std::string> texts;
    for (const FetchRequest& request : requests) texts.push_back(request.url.to_string());
    return texts;
  }
};

inline ResponseHead head_of(const FetchRequest& request, std::string etag, std::uint64_t total) {
  ResponseHead head{.status = 200,
                    .url = request.url,
                    .asked = request.url,
                    .headers = {},
                    .offset = request.offset,
                    .total_size = total};
  if (!etag.empty()) head.headers.push_back({"ETag", std::move(etag)});
  return head;
}

/// Delivers `body` from the offset asked for up to `end`; short of the whole it breaks.
inline ScriptedFetcher::Step deliver(std::string body, std::size_t end,
                                     std::string etag = "\"e\"") {
  return [=](const FetchRequest& request, Sink& sink) -> Status {
    RETURN_IF_ERROR(sink.on_head(head_of(request, etag, body.size())));
    const std::string part = body.substr(request.offset, end - request.offset);
    if (!part.empty()) RETURN_IF_ERROR(sink.on_body(std::as_bytes(std::span(part))));
    if (end == body.size()) return {};
    return fail(ErrorCode::Unavailable, "broke");
  };
}

inline ScriptedFetcher::Step refuse(ErrorCode code, RetryHint hint = {}) {
  return [=](const FetchRequest& request, Sink& sink) -> Status {
    sink.on_retry_hint(hint);
    return fail(code, request.url.to_string() + ": " + std::string(to_string(code)));
  };
}

inline FetchRequest request_for(std::string_view url) {
  FetchRequest request;
  request.url = Url::parse(url).value();
  return request;
}

}  // namespace stagecache::upstream::test
