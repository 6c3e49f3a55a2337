#include "cli/admin_client.h"

#include <fmt/format.h>

#include "cli/answers.h"
#include "cli/render.h"
#include "stagecache/base/file_system.h"

namespace stagecache::cli {
namespace {

constexpr std::uint64_t kMaxTokenFileBytes = 64 * 1024;

/// The daemon answers at once; longer than this is a daemon that hangs.
constexpr std::chrono::milliseconds kAnswerTimeout{30'000};

ErrorCode code_of(int status) {
  switch (status) {
    case 400: return ErrorCode::BadInput;
    case 401:
    case 403: return ErrorCode::Denied;
    case 404: return ErrorCode::NotFound;
    case 409: return ErrorCode::Conflict;
    case 503: return ErrorCode::Busy;
    default: return ErrorCode::Internal;
  }
}

/// "connect to 127.0.0.1:8081: Connection refused" -> "connection refused"
std::string innermost(std::string_view message) {
  const std::size_t colon = message.rfind(": ");
  std::string reason(colon == message.npos ? message : message.substr(colon + 2));
  if (!reason.empty() && reason[0] >= 'A' && reason[0] <= 'Z')
    reason[0] = static_cast<char>(reason[0] - 'A' + 'a');
  return reason;
}

}  // namespace

AdminClient::AdminClient(std::string server, std::string token, Transport transport)
    : server_(server.ends_with("/") ? server.substr(0, server.size() - 1) : std::move(server)),
      token_(std::move(token)),
      transport_(std::move(transport)) {}

Result<std::string> AdminClient::call(std::string_view method, std::string_view path,
                                      std::string body) const {
  upstream::ClientRequest request;
  request.method = method;
  request.url = server_ + std::string(path);
  request.timeout = kAnswerTimeout;
  if (!token_.empty()) request.headers.push_back({"Authorization", "Bearer " + token_});
  if (!body.empty()) request.headers.push_back({"Content-Type", "application/json"});
  request.body = std::move(body);

  auto response = transport_(request);
  if (!response) return std::unexpected(no_answer(response.error()));
  if (response->status < 200 || response->status > 299) return std::unexpected(refusal(*response));
  return std::move(response->body);
}

Error AdminClient::no_answer(const Error& why) const {
  if (why.code == ErrorCode::TimedOut)
    return {why.code, fmt::format("the daemon at {} did not answer within {} s", server_,
                                  kAnswerTimeout.count() / 1000)};
  if (why.code != ErrorCode::Unavailable)
    return {why.code, fmt::format("{}: {}", server_, why.message)};
  return {why.code,
          fmt::format("no daemon answers at {} ({}); start one with `stagecache serve` or "
                      "name it with --server",
                      server_, innermost(why.message))};
}

Error AdminClient::refusal(const upstream::ClientResponse& response) const {
  const ErrorCode code = code_of(response.status);
  if (response.status == 401)
    return {
        code,
        fmt::format("{} wants a token; name the file with --token-file (or STAGECACHE_TOKEN_FILE)",
                    server_)};
  if (const auto message = read_error_message(response.body)) return {code, printable(*message)};
  return {code, fmt::format("{} answered {} and nothing that stagecache would say; is it the admin "
                            "listener of a stagecache daemon?",
                            server_, response.status)};
}

Result<std::string> read_token(const std::string& file) {
  if (file.empty()) return std::string();
  auto text = read_file(file, kMaxTokenFileBytes);
  if (!text) return std::unexpected(std::move(text).error().in("token file"));
  const std::size_t first = text->find_first_not_of(" \t\r\n");
  if (first == text->npos)
    return fail(ErrorCode::BadInput, fmt::format("token file: {} is empty", file));
  std::string token = text->substr(first, text->find_last_not_of(" \t\r\n") - first + 1);
  for (const char c : token)
    if (c <= ' ' || c > '~')
      return fail(ErrorCode::BadInput,
                  fmt::format("token file: {} holds more than one word", file));
  return token;
}

std::string query_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    out += unreserved ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace stagecache::cli
