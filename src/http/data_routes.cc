#include "stagecache/http/data_routes.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "http/artifact_response.h"
#include "http/field.h"
#include "http/forwarded_headers.h"
#include "http/head_deadlines.h"
#include "http/index_answers.h"
#include "http/status.h"
#include "stagecache/base/log.h"
#include "stagecache/http/target.h"

namespace stagecache::http {
namespace {

constexpr std::string_view kUsage =
    "no such path here; use /mirror/<host>/<path>, /sha256/<64 hex digits>/<name> or "
    "/sha256/<64 hex digits>/mirror/<host>/<path>";

// A Go client shows its user nothing of a refused CONNECT but this.
constexpr std::string_view kNoTunnel =
    "CONNECT refused: stagecache is no tunnel, unset https_proxy and use "
    "/mirror/<host>/<path> URLs";

// Far below what any client or proxy takes for a status line.
constexpr std::size_t kLongestReason = 500;

// 403 and not 508: it is our own upstream half that reads it, and a 5xx it would ask again.
constexpr std::string_view kCircle =
    "this request was sent by this cache itself and leads in a circle; ask your operator why the "
    "upstream's name, its proxy or its redirect points back here ([upstream] resolver, proxy)";

constexpr std::string_view kRetryAfterSeconds = "5";

Response failure(int status, std::string_view message) {
  std::string text = "stagecache: " + std::string(message);
  std::ranges::replace(text, '\n', ' ');
  // The body is what wget, requests and the Go buildpacks never show; the phrase they do.
  std::string reason = std::string(reason_phrase(status)) + "; " + text.substr(0, kLongestReason);
  Response response = text_response(status, std::move(text));
  response.reason = std::move(reason);
  if (status == 503) response.headers.push_back({"Retry-After", std::string(kRetryAfterSeconds)});
  return response;
}

Response not_allowed(std::string reason, std::string_view message) {
  Response response = failure(405, message);
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
  FirstAnswer(const Request& request, Respond respond)
      : name_(request.method + " " + request.target),
        peer_(request.peer),
        respond_(std::move(respond)) {}
  /// A client must not wait for those who have forgotten it.
  ~FirstAnswer() { give_failure(500, "the answer was lost"); }

  /// Drops what comes second.
  void give(Response response) {
    if (given_.exchange(true)) return;
    respond_(std::move(response));
  }
  void give_failure(int status, std::string_view message) {
    if (!is_given()) log_info("{} from {}: {} {}", name_, peer_, status, message);
    give(failure(status, message));
  }
  bool is_given() const { return given_.load(); }

 private:
  const std::string name_;
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
    return FirstAnswer(request, std::move(respond)).give_failure(403, kCircle);
  const auto host = find_header(request.headers, "Host");
  auto target =
      parse_target({.method = request.method, .target = request.target, .host = host.value_or("")},
                   {.names = options_.names,
                    .local = request.local,
                    .local_port = request.local_port,
                    .scheme = request.tls ? Scheme::Https : Scheme::Http,
                    .listed = options_.listed,
                    .own_listener = options_.own_listener});
  if (!target)
    return FirstAnswer(request, std::move(respond))
        .give_failure(status_of(target.error().code), target.error().message);

  if (std::holds_alternative<TunnelTarget>(*target)) {
    Response response = not_allowed(std::string(kNoTunnel), kNoTunnel);
    response.close = true;  // The tunnel's first bytes may follow already.
    return respond(std::move(response));
  }
  if (request.method != "GET" && request.method != "HEAD")
    return respond(not_allowed("", "only GET and HEAD are answered here"));
  if (std::holds_alternative<HealthTarget>(*target)) return respond(text_response(200, "ok"));
  if (std::holds_alternative<UnknownTarget>(*target)) return respond(failure(404, kUsage));

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
  const auto answer = std::make_shared<FirstAnswer>(request, std::move(respond));
  const auto on_timeout =
      std::make_shared<HeadDeadlines::Callback>([answer, timeout = options_.header_timeout] {
        answer->give_failure(504, "the upstream has not answered for " +
                                      std::to_string(timeout.count() / 1000) +
                                      " s; the download goes on, ask again later");
      });

  // A fill may call back after our end.
  open_(std::move(wanted),
        [answer, on_timeout, named_by, is_index, root, headers = request.headers,
         weak = std::weak_ptr(index_answers_)](Result<std::shared_ptr<cache::Body>> body) {
          const auto give = [answer](Result<Response> response) {
            if (response) answer->give(*std::move(response));
            else answer->give_failure(status_of(response.error().code), response.error().message);
          };
          if (!body) return give(error_of(std::move(body)));
          if (!is_index) return give(artifact_response(headers, named_by, *std::move(body)));
          if (const auto index_answers = weak.lock())
            index_answers->answer({.root = root, .headers = headers}, *std::move(body), give);
        });
  if (!answer->is_given()) deadlines_->add(on_timeout);
}

}  // namespace stagecache::http
