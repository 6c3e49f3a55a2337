#include "http/request_reader.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/version.hpp>
#include <cctype>
#include <cstring>
#include <functional>
#include <optional>
#include <utility>

#include "http/head_guard.h"
#include "stagecache/base/check.h"

namespace stagecache::http {

namespace beast_http = boost::beast::http;

struct RequestReader::Parser : beast_http::request_parser<beast_http::string_body> {
  explicit Parser(const Limits& limits)
      : guard(limits.header_bytes), extensions_left(limits.header_bytes) {
    // Beast takes std::uint32_t here.
    header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    body_limit(limits.body_bytes);
    on_chunk_header(look_at_extensions);
  }

  HeadGuard guard;
  std::size_t guarded = 0;  // Bytes at the buffer's begin that the guard has seen.
  bool header_checked = false;
  Headers headers;  // As they were before trailers came: those are dropped.

 private:
  /// Chunk extensions are in no limit of Beast's, and quoted ones may hold anything.
  void look_at(boost::beast::string_view extensions, boost::beast::error_code& error) {
    const bool plain = std::ranges::all_of(
        extensions, [](char c) { return static_cast<unsigned char>(c) >= 0x20 || c == '\t'; });
    if (!plain) error = beast_http::error::bad_chunk_extension;
    else if (extensions.size() > extensions_left) error = beast_http::error::header_limit;
    else extensions_left -= extensions.size();
  }

  std::size_t extensions_left;
  std::function<void(std::uint64_t, boost::beast::string_view, boost::beast::error_code&)>
      look_at_extensions = [this](std::uint64_t, boost::beast::string_view extensions,
                                  boost::beast::error_code& error) { look_at(extensions, error); };
};

namespace {

constexpr std::size_t kFirstBufferBytes = 2 << 10;  // Holds every request that the buildpacks send.
constexpr std::size_t kBodyBufferBytes = 64 << 10;  // A body is taken off in pieces of this.
// "0 CR LF CR LF": so much is still to come while a chunked body is not at its end.
// Beast asserts on less of a last chunk.
constexpr std::size_t kShortestLastChunk = 5;

using BeastRequest = beast_http::request<beast_http::string_body>;
using Reject = RequestReader::Reject;

std::string text_of(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

Reject reject(int status, std::string text) {
  return {status, std::move(text)};
}

Reject too_long(const RequestReader::Limits& limits) {
  return reject(431, "request line and header fields exceed " +
                         std::to_string(limits.header_bytes) + " bytes");
}

Reject reject_for(HeadGuard::Fault fault, const RequestReader::Limits& limits) {
  switch (fault) {
    case HeadGuard::Fault::TooLong: return too_long(limits);
    case HeadGuard::Fault::Folded:
      return reject(400, "malformed request: a header field goes on in the next line");
    case HeadGuard::Fault::LoneLineEnd:
      return reject(400, "malformed request: lines end with CR LF, not with one of them");
    case HeadGuard::Fault::Control: break;
  }
  return reject(400, "malformed request: a control character in its head");
}

/// Whether the request line is well formed but for a version that is not ours.
bool names_another_version(std::string_view head) {
  const std::string_view line = head.substr(0, head.find('\r'));  // The LF may still be on its way.
  const std::size_t last = std::min(line.rfind(' '), line.size() - 1);
  const std::string_view version = line.substr(last + 1);
  return std::ranges::count(line, ' ') == 2 && version.size() == 8 &&
         version.starts_with("HTTP/") &&
         std::isdigit(static_cast<unsigned char>(version[5])) != 0 && version[6] == '.' &&
         std::isdigit(static_cast<unsigned char>(version[7])) != 0;
}

Reject reject_for(const boost::beast::error_code& error, const RequestReader::Limits& limits) {
  if (error == beast_http::error::header_limit) return too_long(limits);
  if (error == beast_http::error::body_limit) {
    return reject(413, limits.body_bytes == 0 ? "no request body is taken here"
                                              : "request body exceeds " +
                                                    std::to_string(limits.body_bytes) + " bytes");
  }
  return reject(400, "malformed request: " + error.message());
}

/// Host and port as they may stand in a Host field (RFC 9110 7.2), with less than
/// RFC 3986 lets into a name: no user, no list, nothing that some reader cuts off.
bool is_host(std::string_view value) {
  return !value.empty() && std::ranges::all_of(value, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-._:[]%").find(c) != std::string_view::npos;
  });
}

std::optional<Reject> host_fault(const BeastRequest& request) {
  const auto hosts = request.count(beast_http::field::host);
  if (hosts > 1) return reject(400, "more than one Host field");
  if (hosts == 0 && request.version() >= 11) return reject(400, "no Host field");
  if (hosts == 1 && !is_host(text_of(request[beast_http::field::host])))
    return reject(400, "the Host field holds no host");
  return std::nullopt;
}

/// Where the body ends must be beyond doubt (RFC 9112 6.3).
std::optional<Reject> framing_fault(const BeastRequest& request) {
  const auto lengths = request.count(beast_http::field::content_length);
  const auto codings = request.count(beast_http::field::transfer_encoding);
  if (lengths > 0 && codings > 0) return reject(400, "both Content-Length and Transfer-Encoding");
  if (codings > 0 && request.version() < 11)
    return reject(400, "a Transfer-Encoding in an HTTP/1.0 request");
  if (lengths > 1) return reject(400, "more than one Content-Length field");
  const std::string length = text_of(request[beast_http::field::content_length]);
  if (length.find_first_not_of("0123456789") != std::string::npos)
    return reject(400, "a Content-Length that is no number");
  return std::nullopt;
}

/// What Beast lets through and RFC 9112 or our safety does not.
std::optional<Reject> fault_of(const BeastRequest& request, const RequestReader::Limits& limits) {
  if (auto fault = host_fault(request)) return fault;
  if (auto fault = framing_fault(request)) return fault;
  if (request.method() == beast_http::verb::unknown)
    return reject(501, "no such method is known here; GET and HEAD are");

  const auto coding = request.find(beast_http::field::transfer_encoding);
  if (coding == request.end()) return std::nullopt;
  if (request.count(beast_http::field::transfer_encoding) > 1 ||
      !boost::beast::iequals(coding->value(), "chunked"))
    return reject(501, "no transfer coding but chunked is known");
  if (limits.body_bytes == 0) return reject(413, "no request body is taken here");
  return std::nullopt;
}

Headers headers_of(const BeastRequest& request) {
  Headers headers;
  for (const auto& field : request)
    headers.push_back({text_of(field.name_string()), text_of(field.value())});
  return headers;
}

Request to_request(BeastRequest&& from) {
  Request request;
  request.method = text_of(from.method_string());
  request.target = text_of(from.target());
  request.version = static_cast<int>(from.version());
  request.body = std::move(from.body());
  return request;
}

}  // namespace

RequestReader::RequestReader(Limits limits) : limits_(limits) {}
RequestReader::~RequestReader() = default;

std::span<char> RequestReader::space() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ > 0 && end_ == buffer_.size()) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  const std::size_t wanted = in_body() ? kBodyBufferBytes : kFirstBufferBytes;
  if (buffer_.size() < wanted) buffer_.resize(wanted);
  if (end_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
  return std::span(buffer_).subspan(end_);
}

void RequestReader::received(std::size_t count) {
  CHECK(count <= buffer_.size() - end_);
  end_ += count;
}

bool RequestReader::has_begun() const {
  return parser_ || begin_ != end_;
}

bool RequestReader::in_body() const {
  return parser_ && parser_->is_header_done();
}

RequestReader::Step RequestReader::next() {
  if (!parser_) {
    skip_blank_lines();
    const bool half_a_blank_line = end_ - begin_ == 1 && buffer_[begin_] == '\r';
    if (begin_ == end_ || half_a_blank_line) return NeedMore{};
    parser_ = std::make_unique<Parser>(limits_);
  }
  if (auto fault = guard_head()) return std::move(*fault);
  return parse_buffered();
}

/// Shows the guard what it has not seen.
std::optional<RequestReader::Reject> RequestReader::guard_head() {
  HeadGuard& guard = parser_->guard;
  const std::string_view bytes(buffer_.data() + begin_, end_ - begin_);
  if (guard.done()) return std::nullopt;
  const auto fault = guard.look(bytes.substr(parser_->guarded));
  parser_->guarded = bytes.size();
  if (fault) return reject_for(*fault, limits_);
  return std::nullopt;
}

RequestReader::Step RequestReader::parse_buffered() {
  while (!parser_->is_done() && begin_ != end_) {
    if (in_body() && parser_->chunked() && end_ - begin_ < kShortestLastChunk) break;
    boost::beast::error_code error;
    const std::size_t taken =
        parser_->put(boost::asio::const_buffer(buffer_.data() + begin_, end_ - begin_), error);
    begin_ += taken;
    parser_->guarded -= std::min(taken, parser_->guarded);
    if (error == beast_http::error::need_more) break;
    if (error) return refusal(error);
    if (parser_->is_header_done() && !std::exchange(parser_->header_checked, true)) {
      auto step = on_header();
      if (!std::holds_alternative<NeedMore>(step)) return step;
    }
  }
  if (parser_->is_done()) return take_request();
  // Chunk extensions and trailers are in no limit of Beast's.
  if (end_ - begin_ > limits_.header_bytes + kBodyBufferBytes) return too_long(limits_);
  return NeedMore{};
}

RequestReader::Reject RequestReader::refusal(const boost::system::error_code& error) const {
  const std::string_view rest(buffer_.data() + begin_, end_ - begin_);
  if (error == beast_http::error::bad_version && names_another_version(rest))
    return reject(505, "only HTTP/1.0 and HTTP/1.1");
  // Beast measures the body before we see the fields that say how long it is.
  if (error == beast_http::error::body_limit && !parser_->header_checked)
    if (auto fault = fault_of(parser_->get(), limits_)) return *std::move(fault);
  return reject_for(error, limits_);
}

RequestReader::Step RequestReader::on_header() {
  if (auto fault = fault_of(parser_->get(), limits_)) return std::move(*fault);
  parser_->headers = headers_of(parser_->get());
  const auto expect = parser_->get().find(beast_http::field::expect);
  if (expect == parser_->get().end()) return NeedMore{};
  if (!boost::beast::iequals(expect->value(), "100-continue"))
    return reject(417, "no expectation but 100-continue is known");
  // RFC 9110 10.1.1: not to an HTTP/1.0 client, not when the body is here already.
  const bool waits = !parser_->is_done() && begin_ == end_ && parser_->get().version() >= 11;
  if (waits) return SendContinue{};
  return NeedMore{};
}

RequestReader::Step RequestReader::take_request() {
  const Persistence persistence =
      parser_->get().keep_alive() ? Persistence::KeepAlive : Persistence::Close;
  Headers headers = std::move(parser_->headers);
  Incoming incoming{to_request(parser_->release()), persistence};
  incoming.request.headers = std::move(headers);
  parser_.reset();
  return incoming;
}

/// RFC 9112 2.2: a server should ignore an empty line before the request line.
void RequestReader::skip_blank_lines() {
  while (end_ - begin_ >= 2 && buffer_[begin_] == '\r' && buffer_[begin_ + 1] == '\n') begin_ += 2;
}

}  // namespace stagecache::http
