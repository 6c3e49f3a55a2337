#include "stagecache/http/data_routes.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "http/artifact_response.h"
#include "http/error_line.h"
#include "http/field.h"
#include "http/forwarded_headers.h"
#include "http/head_deadlines.h"
#include "http/index_answers.h"
#include "http/status.h"
#include "stagecache/base/log.h"
#include "stagecache/http/target.h"
#include "stagecache/model/shown.h"

namespace stagecache::http {
namespace {

constexpr std::string_view kUsage =
    "no such path here; use /mirror/<host>/<path>, /sha256/<64 hex digits>/<name> or "
    "/sha256/<64 hex digits>/mirror/<host>/<path>";

// A Go client shows its user nothing of a refused CONNECT but this.
constexpr std::string_view kNoTunnel =
    "CONNECT refused: stagecache is no tunnel, unset https_proxy and use "
    "/mirror/<host>/<path> URLs";

// 403 and not 508: it is our own upstream half that reads it, and a 5xx it would ask again.
constexpr std::string_view kCircle =
    "this request was sent by this cache itself and leads in a circle; ask your operator why the "
    "upstream's name, its proxy or its redirect points back here ([upstream] resolver, proxy)";

constexpr std::chrono::seconds kRetryAfter{5};

using Seconds = std::optional<std::chrono::seconds>;

Response failure(int status, std::string_view message, const Asked& asked,
                 Seconds retry_after = std::nullopt) {
  std::string line = error_line(status, message, asked);
  // The body is what wget, requests and the Go buildpacks never show; the phrase they do.
  std::string reason = std::string(reason_phrase(status)) + "; " + line;
  Response response = text_response(status, std::move(line));
  response.reason = std::move(reason);
  if (status == 503 && !retry_after) retry_after = kRetryAfter;
  if (retry_after)
    response.headers.push_back({"Retry-After", std::to_string(retry_after->count())});
  return response;
}

Response not_allowed(std::string reason, std::string_view message, const Asked& asked) {
  Response response = failure(405, message, asked);
  if (!reason.empty()) response.reason = std::move(reason);
  response.headers.push_back({"Allow", "GET, HEAD"});
  return response;
}

/// RFC 9110 14.2: a Range is for GET alone.
void drop_range(Headers& headers) {
  std::erase_if(headers,
                [](const Header& header) { return same_header_name(header.name, "Range"); });
}

/// Via: <protocol> <pseudonym> [comment] (RFC 9110 7.6.3).
bool went_in_a_circle(const Headers& headers, std::string_view pseudonym) {
  if (pseudonym.empty()) return false;
  return std::ranges::any_of(headers, [&](const Header& header) {
    if (!same_header_name(header.name, "Via")) return false;
    return std::ranges::any_of(split_list(header.value), [&](std::string_view hop) {
      const std::string_view by = trim(hop.substr(std::min(hop.find_first_of(" \t"), hop.size())));
      return by.substr(0, by.find_first_of(" \t")) == pseudonym;
    });
  });
}

/// One response for two who may give it: the cache and the deadline.
class FirstAnswer {
 public:
  FirstAnswer(const Request& request, Asked asked, Respond respond)
      : name_(request.method + " " + shown(request.target)),
        asked_(std::move(asked)),
        peer_(request.peer),
        respond_(std::move(respond)) {}
  /// A client must not wait for those who have forgotten it.
  ~FirstAnswer() { give_failure(500, "the answer was lost"); }

  /// Drops what comes second.
  void give(Response response) {
    if (given_.exchange(true)) return;
    respond_(std::move(response));
  }
  void give_failure(int status, std::string_view message, Seconds retry_after = std::nullopt) {
    if (!is_given()) log_info("{} from {}: {} {}", name_, peer_, status, message);
    give(failure(status, message, asked_, retry_after));
  }
  /// A text that says why is no line yet.
  void give_artifact(Response response) {
    if (response.status >= 400) {
      auto& text = std::get<std::string>(response.body);
      text = error_line(response.status, text.substr(0, text.find('\n')), asked_) + "\n";
    }
    give(std::move(response));
  }
  bool is_given() const { return given_.load(); }

 private:
  const std::string name_;
  const Asked asked_;
  const std::string peer_;
  Respond respond_;
  std::atomic<bool> given_{false};
};

}  // namespace

DataRoutes::DataRoutes(Opener open, Options options)
    : open_(std::move(open)),
      options_(std::move(options)),
      deadlines_(std::make_unique<HeadDeadlines>(options_.header_timeout)),
      index_answers_(std::make_shared<IndexAnswers>(options_.may_fetch)) {}

DataRoutes::~DataRoutes() = default;

void DataRoutes::operator()(Request request, Respond respond) {
  if (went_in_a_circle(request.headers, options_.via))
    return FirstAnswer(request, asked_of_target(request.target), std::move(respond))
        .give_failure(403, kCircle);
  const auto host = find_header(request.headers, "Host");
  auto target =
      parse_target({.method = request.method, .target = request.target, .host = host.value_or("")},
                   {.names = options_.names,
                    .local = request.local,
                    .local_port = request.local_port,
                    .scheme = request.tls ? Scheme::Https : Scheme::Http,
                    .listed = options_.listed,
                    .own_listener = options_.own_listener});
  const Asked asked = asked_of_target(request.target);
  if (!target)
    return FirstAnswer(request, asked, std::move(respond))
        .give_failure(status_of(target.error().code), target.error().message);

  if (std::holds_alternative<TunnelTarget>(*target)) {
    Response response = not_allowed(std::string(kNoTunnel), kNoTunnel, asked);
    response.close = true;  // The tunnel's first bytes may follow already.
    return respond(std::move(response));
  }
  if (request.method != "GET" && request.method != "HEAD")
    return respond(not_allowed("", "only GET and HEAD are answered here", asked));
  if (std::holds_alternative<HealthTarget>(*target)) return respond(text_response(200, "ok"));
  if (std::holds_alternative<UnknownTarget>(*target)) return respond(failure(404, kUsage, asked));

  if (request.method == "HEAD") drop_range(request.headers);
  auto& artifact = std::get<ArtifactTarget>(*target);
  open(request,
       {.source = std::move(artifact.source),
        .sha256 = artifact.sha256,
        .headers = forwarded_headers(request.headers)},
       std::move(respond));
}

void DataRoutes::open(const Request& request, cache::Request wanted, Respond respond) {
  const NamedBy named_by = wanted.sha256 ? NamedBy::Digest : NamedBy::Url;
  const bool is_index = !wanted.sha256 && IndexAnswers::is_index(*wanted.source);
  const auto root = is_index ? own_root(request, options_.public_url) : OwnRoot();
  const auto answer = std::make_shared<FirstAnswer>(request, asked_of(wanted), std::move(respond));
  const auto on_timeout =
      std::make_shared<HeadDeadlines::Callback>([answer, timeout = options_.header_timeout] {
        answer->give_failure(504, "the upstream has not answered for " +
                                      std::to_string(timeout.count() / 1000) +
                                      " s; the download goes on, ask again later");
      });

  const auto retry_after =
      [named = cache::Request{.source = wanted.source, .sha256 = wanted.sha256},
       asks = options_.retry_after] { return asks ? asks(named) : std::nullopt; };
  // A fill may call back after our end.
  open_(std::move(wanted),
        [answer, on_timeout, named_by, is_index, root, retry_after, headers = request.headers,
         weak = std::weak_ptr(index_answers_)](Result<std::shared_ptr<cache::Body>> body) {
          const auto give = [answer, retry_after](Result<Response> response) {
            if (response) answer->give_artifact(*std::move(response));
            else
              answer->give_failure(status_of(response.error().code), response.error().message,
                                   retry_after());
          };
          if (!body) return give(error_of(std::move(body)));
          if (!is_index) return give(artifact_response(headers, named_by, *std::move(body)));
          if (const auto index_answers = weak.lock())
            index_answers->answer({.root = root, .headers = headers}, *std::move(body), give);
        });
  if (!answer->is_given()) deadlines_->add(on_timeout);
}

}  // namespace stagecache::http
