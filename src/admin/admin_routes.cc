#include "stagecache/admin/admin_routes.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <functional>

#include "json.h"
#include "stagecache/base/log.h"
#include "stagecache/base/worker_pool.h"
#include "stagecache/model/url.h"
#include "token.h"
#include "why.h"

namespace stagecache::admin {
namespace {

namespace json = boost::json;

constexpr std::size_t kAdminThreads = 2;
constexpr std::size_t kAdminQueue = 256;
constexpr std::size_t kWhyEntries = 10;  // Of the ledger: what happened last.

/// The one place where an error becomes a status on this listener.
int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::BadInput: return 400;
    case ErrorCode::Denied: return 403;
    case ErrorCode::NotFound: return 404;
    case ErrorCode::Gone: return 410;
    case ErrorCode::Conflict: return 409;
    case ErrorCode::Busy:
    case ErrorCode::NoSpace:
    case ErrorCode::DiskFull: return 503;
    case ErrorCode::TimedOut: return 504;
    case ErrorCode::Unavailable:
    case ErrorCode::Changed:
    case ErrorCode::Corrupt: return 502;
    case ErrorCode::Cancelled:
    case ErrorCode::TooNew:
    case ErrorCode::Internal: return 500;
  }
  return 500;
}

http::Response json_response(int status, const json::value& value) {
  http::Response response{.status = status, .headers = {{"Content-Type", "application/json"}}};
  response.body = json::serialize(value) + "\n";
  return response;
}

http::Response error_response(const Error& error) {
  http::Response response = json_response(status_of(error.code), to_json(error));
  if (response.status == 503) response.headers.push_back({"Retry-After", "5"});
  return response;
}

http::Response unauthorized(const Error& error) {
  http::Response response = json_response(401, to_json(error));
  response.headers.push_back({"WWW-Authenticate", "Bearer"});
  return response;
}

http::Response no_content() {
  return {.status = 204};
}

/// A request's target taken apart: "/v1/artifacts/<sha256>/pin?q=x".
struct Target {
  std::string_view path;
  std::string_view query;

  explicit Target(std::string_view target)
      : path(target.substr(0, target.find('?'))),
        query(path.size() < target.size() ? target.substr(path.size() + 1) : std::string_view()) {}

  /// The text of a query parameter; "" when it is not there.
  std::string parameter(std::string_view name) const {
    std::string_view rest = query;
    while (!rest.empty()) {
      const std::string_view pair = rest.substr(0, rest.find('&'));
      rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
      if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
        return percent_decoded(pair.substr(name.size() + 1));
    }
    return "";
  }
};

bool matches(const store::ArtifactInfo& info, const std::vector<Source>& sources,
             const std::string& wanted) {
  if (wanted.empty() || info.artifact.name.find(wanted) != std::string::npos) return true;
  if (info.artifact.sha256.hex().starts_with(wanted)) return true;
  for (const Source& source : sources)
    if (source.url.find(wanted) != std::string::npos) return true;
  return false;
}

}  // namespace

class AdminRoutes::Parts {
 public:
  explicit Parts(Services services)
      : services_(std::move(services)),
        pool_({.name = "admin", .threads = kAdminThreads, .queue_limit = kAdminQueue}) {}

  void handle(http::Request request, http::Respond respond);

 private:
  http::Response answer(const http::Request& request);
  http::Response route(const http::Request& request);
  http::Response warm(const http::Request& request);
  http::Response jobs(const http::Request& request, std::string_view id);
  http::Response artifacts(const http::Request& request, const Target& target);
  http::Response artifact(const http::Request& request, std::string_view rest);
  http::Response pin(const http::Request& request, const Sha256& sha256);
  http::Response offline(const http::Request& request);
  http::Response scrub(const http::Request& request);
  http::Response why(const Target& target);
  http::Response ledger(const Target& target);
  http::Response stats();
  json::object shown(const store::ArtifactInfo& info, const std::vector<Source>& sources) const;
  Result<Question> question_of(const Target& target) const;

  Services services_;
  WorkerPool pool_;
};

void AdminRoutes::Parts::handle(http::Request request, http::Respond respond) {
  auto shared = std::make_shared<http::Respond>(std::move(respond));
  const bool posted =
      pool_.try_post([this, request = std::move(request), shared] { (*shared)(answer(request)); });
  if (!posted) (*shared)(error_response({ErrorCode::Busy, "too many admin requests wait already"}));
}

http::Response AdminRoutes::Parts::answer(const http::Request& request) {
  if (const auto allowed = check_origin(request.headers); !allowed)
    return error_response(allowed.error());
  if (const auto allowed = check_host(request.headers); services_.token.empty() && !allowed)
    return error_response(allowed.error());
  if (const auto allowed = check_token(request.headers, services_.token); !allowed)
    return unauthorized(allowed.error());
  return route(request);
}

namespace {

http::Response method_not_allowed(std::string_view allow) {
  http::Response response = json_response(
      405, to_json(Error{ErrorCode::BadInput, fmt::format("this path takes {}", allow)}));
  response.headers.push_back({"Allow", std::string(allow)});
  return response;
}

bool is_get(const http::Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

}  // namespace

http::Response AdminRoutes::Parts::route(const http::Request& request) {
  const Target target(request.target);
  constexpr std::string_view kJobs = "/v1/jobs/", kArtifacts = "/v1/artifacts/";
  if (target.path == "/v1/warm") return warm(request);
  if (target.path == "/v1/artifacts") return artifacts(request, target);
  if (target.path.starts_with(kArtifacts))
    return artifact(request, target.path.substr(kArtifacts.size()));
  if (target.path == "/v1/offline") return offline(request);
  if (target.path == "/v1/scrub") return scrub(request);
  if (!is_get(request)) return method_not_allowed("GET, HEAD");
  if (target.path == "/v1/why") return why(target);
  if (target.path == "/v1/ledger") return ledger(target);
  if (target.path == "/healthz" || target.path == "/readyz") return http::text_response(200, "ok");
  if (target.path == "/v1/jobs") return jobs(request, "");
  if (target.path.starts_with(kJobs)) return jobs(request, target.path.substr(kJobs.size()));
  if (target.path == "/v1/stats") return stats();
  return error_response({ErrorCode::NotFound, fmt::format("no such path: {}", target.path)});
}

http::Response AdminRoutes::Parts::warm(const http::Request& request) {
  if (request.method != "POST") return method_not_allowed("POST");
  const auto type = find_header(request.headers, "Content-Type").value_or("text/plain");
  const std::string_view media = type.substr(0, type.find_first_of("; \t"));
  const bool is_json = same_header_name(media, "application/json");
  // JSON sent as a form, as curl -d does, must not be taken for an empty
  // spark_runtime.txt, which names the buildpack's defaults.
  if (!is_json && !same_header_name(media, "text/plain"))
    return json_response(415, to_json(Error{ErrorCode::BadInput,
                                            fmt::format("Content-Type {} is neither text/plain nor "
                                                        "application/json",
                                                        media)}));
  auto items =
      is_json
          ? parse_warm_request(request.body)
          : Result<std::vector<prefetch::WarmItem>>(prefetch::items_of_spark_runtime(request.body));
  if (!items) return error_response(items.error());
  const auto job = services_.jobs.submit(*std::move(items));
  if (!job) return error_response(job.error());
  return json_response(202, json::object{{"job", *job}, {"href", "/v1/jobs/" + *job}});
}

http::Response AdminRoutes::Parts::jobs(const http::Request&, std::string_view id) {
  if (id.empty()) {
    json::array list;
    for (const prefetch::JobStatus& job : services_.jobs.list()) list.push_back(to_json(job));
    return json_response(200, json::object{{"jobs", std::move(list)}});
  }
  const auto job = services_.jobs.find(std::string(id));
  if (!job) return error_response({ErrorCode::NotFound, fmt::format("no job {}", id)});
  return json_response(200, to_json(*job));
}

http::Response AdminRoutes::Parts::artifacts(const http::Request& request, const Target& target) {
  if (!is_get(request)) return method_not_allowed("GET, HEAD");
  const std::string wanted = target.parameter("q");
  json::array list;
  for (const store::ArtifactInfo& info : services_.store.list()) {
    const auto sources = services_.store.sources_of(info.artifact.sha256);
    if (matches(info, sources, wanted)) list.push_back(shown(info, sources));
  }
  return json_response(200, json::object{{"artifacts", std::move(list)}});
}

json::object AdminRoutes::Parts::shown(const store::ArtifactInfo& info,
                                       const std::vector<Source>& sources) const {
  return to_json(info, sources, [this](const Sha256& sha256) {
    const auto artifact = services_.store.find_artifact(sha256);
    return artifact ? artifact->name : "";
  });
}

http::Response AdminRoutes::Parts::artifact(const http::Request& request, std::string_view rest) {
  const std::string_view name = rest.substr(0, rest.find('/'));
  const std::string_view tail = rest.substr(name.size());
  const auto sha256 = Sha256::parse(name);
  if (!sha256) return error_response(sha256.error());
  if (tail == "/pin") return pin(request, *sha256);
  if (!tail.empty()) return error_response({ErrorCode::NotFound, "no such path"});

  if (is_get(request)) {
    const auto info = services_.store.info(*sha256);
    if (!info)
      return error_response({ErrorCode::NotFound, fmt::format("{} is not stored", sha256->hex())});
    return json_response(200, shown(*info, services_.store.sources_of(*sha256)));
  }
  if (request.method != "DELETE") return method_not_allowed("GET, HEAD, DELETE");
  const auto removed = services_.store.remove(*sha256);
  return removed ? no_content() : error_response(removed.error());
}

http::Response AdminRoutes::Parts::pin(const http::Request& request, const Sha256& sha256) {
  if (request.method != "PUT" && request.method != "DELETE")
    return method_not_allowed("PUT, DELETE");
  const auto done = services_.store.set_pinned(sha256, request.method == "PUT");
  return done ? no_content() : error_response(done.error());
}

http::Response AdminRoutes::Parts::stats() {
  json::object stats =
      to_json(services_.store.stats(), services_.cache.counters(), services_.upstream.counters());
  stats["packing"] = to_json(services_.cache.packer());
  stats["offline"] = services_.upstream.offline();
  stats["hosts"] = to_json(services_.upstream.hosts());
  return json_response(200, stats);
}

http::Response AdminRoutes::Parts::offline(const http::Request& request) {
  if (is_get(request))
    return json_response(200, json::object{{"offline", services_.upstream.offline()}});
  if (request.method == "PUT") services_.cache.go_offline();
  else if (request.method == "DELETE") services_.cache.go_online();
  else return method_not_allowed("GET, HEAD, PUT, DELETE");
  return no_content();
}

http::Response AdminRoutes::Parts::scrub(const http::Request& request) {
  if (is_get(request)) return json_response(200, to_json(services_.scrub.status()));
  if (request.method != "POST") return method_not_allowed("GET, HEAD, POST");
  const auto begun = services_.scrub.start();
  if (!begun) return error_response(begun.error());
  json::object answer = to_json(services_.scrub.status());
  answer["href"] = "/v1/scrub";
  return json_response(202, answer);
}

Result<Question> AdminRoutes::Parts::question_of(const Target& target) const {
  const auto listed = [this](std::string_view host) {
    return services_.upstream.policy().find(host) != nullptr;
  };
  return parse_question(
      target.parameter("url"), target.parameter("sha256"),
      {.names = services_.names, .local = "", .local_port = "", .listed = listed});
}

http::Response AdminRoutes::Parts::why(const Target& target) {
  auto question = question_of(target);
  if (!question) return error_response(question.error());
  Answer answer{.question = *std::move(question)};
  const auto& source = answer.question.wanted.source;
  if (source) {
    if (auto admitted = services_.upstream.policy().admit(*source); !admitted)
      answer.denied = std::move(admitted).error();
    auto entries =
        services_.store.ledger({.source_key = source_key(*source), .limit = kWhyEntries});
    if (!entries) return error_response(entries.error());
    answer.ledger = *std::move(entries);
  }
  answer.known = services_.cache.know(answer.question.wanted);
  answer.network = services_.upstream.offline() ? Network::Offline : Network::Online;
  return json_response(200, to_json(answer));
}

http::Response AdminRoutes::Parts::ledger(const Target& target) {
  store::LedgerFilter filter;
  if (!target.parameter("url").empty()) {
    const auto question = question_of(target);
    if (!question) return error_response(question.error());
    if (!question->wanted.source)
      return error_response(
          {ErrorCode::BadInput, "the ledger is by source: give a URL with a host"});
    filter.source_key = source_key(*question->wanted.source);
  }
  if (const std::string limit = target.parameter("limit"); !limit.empty()) {
    const auto [stop, error] =
        std::from_chars(limit.data(), limit.data() + limit.size(), filter.limit);
    if (error != std::errc{} || stop != limit.data() + limit.size() || filter.limit == 0)
      return error_response({ErrorCode::BadInput, "limit is no number from 1 on"});
  }
  const auto entries = services_.store.ledger(filter);
  if (!entries) return error_response(entries.error());
  json::array list;
  for (const store::LedgerEntry& entry : *entries) list.push_back(to_json(entry));
  return json_response(200, json::object{{"entries", std::move(list)}});
}

AdminRoutes::AdminRoutes(Services services)
    : parts_(std::make_shared<Parts>(std::move(services))) {}
AdminRoutes::~AdminRoutes() = default;

http::Handler AdminRoutes::handler() {
  return [parts = parts_](http::Request request, http::Respond respond) {
    parts->handle(std::move(request), std::move(respond));
  };
}

}  // namespace stagecache::admin
