#include "http/request_reader.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/version.hpp>
#include <cstring>
#include <optional>
#include <utility>

#include "stagecache/base/check.h"

namespace stagecache::http {

namespace beast_http = boost::beast::http;

struct RequestReader::Parser : beast_http::request_parser<beast_http::string_body> {
  bool header_checked = false;
};

namespace {

constexpr std::size_t kFirstBufferBytes = 2 << 10;  // Holds every request that the buildpacks send.
constexpr std::size_t kBodyBufferBytes = 64 << 10;  // A body is taken off in pieces of this.

using BeastRequest = beast_http::request<beast_http::string_body>;

std::string text_of(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

RequestReader::Reject reject(int status, std::string text) {
  return {status, std::move(text)};
}

RequestReader::Reject reject_for(const boost::beast::error_code& error,
                                 const RequestReader::Limits& limits) {
  if (error == beast_http::error::header_limit) {
    return reject(431, "request line and header fields exceed " +
                           std::to_string(limits.header_bytes) + " bytes");
  }
  if (error == beast_http::error::body_limit) {
    return reject(413, limits.body_bytes == 0 ? "no request body is taken here"
                                              : "request body exceeds " +
                                                    std::to_string(limits.body_bytes) + " bytes");
  }
  if (error == beast_http::error::bad_version) return reject(505, "only HTTP/1.0 and HTTP/1.1");
  return reject(400, "malformed request: " + error.message());
}

/// What Beast lets through and RFC 9112 or our safety does not.
std::optional<RequestReader::Reject> fault_of(const BeastRequest& request,
                                              const RequestReader::Limits& limits) {
  const auto hosts = request.count(beast_http::field::host);
  if (hosts > 1) return reject(400, "more than one Host field");
  if (hosts == 0 && request.version() >= 11) return reject(400, "no Host field");

  const auto coding = request.find(beast_http::field::transfer_encoding);
  if (coding == request.end()) return std::nullopt;
  if (request.count(beast_http::field::transfer_encoding) > 1 ||
      !boost::beast::iequals(coding->value(), "chunked"))
    return reject(501, "no transfer coding but chunked is known");
  if (limits.body_bytes == 0) return reject(413, "no request body is taken here");
  return std::nullopt;
}

Request to_request(BeastRequest&& from) {
  Request request;
  request.method = text_of(from.method_string());
  request.target = text_of(from.target());
  request.version = static_cast<int>(from.version());
  for (const auto& field : from)
    request.headers.push_back({text_of(field.name_string()), text_of(field.value())});
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
    if (begin_ == end_) return NeedMore{};
    parser_ = std::make_unique<Parser>();
    // Beast takes std::uint32_t here.
    parser_->header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
    parser_->body_limit(limits_.body_bytes);
  }
  return parse_buffered();
}

RequestReader::Step RequestReader::parse_buffered() {
  while (!parser_->is_done() && begin_ != end_) {
    boost::beast::error_code error;
    begin_ +=
        parser_->put(boost::asio::const_buffer(buffer_.data() + begin_, end_ - begin_), error);
    if (error == beast_http::error::need_more) break;
    if (error) return reject_for(error, limits_);
    if (parser_->is_header_done() && !std::exchange(parser_->header_checked, true)) {
      auto step = on_header();
      if (!std::holds_alternative<NeedMore>(step)) return step;
    }
  }
  if (parser_->is_done()) return take_request();
  // Chunk extensions and trailers are in no limit of Beast's.
  if (end_ - begin_ > limits_.header_bytes + kBodyBufferBytes)
    return reject_for(beast_http::error::header_limit, limits_);
  return NeedMore{};
}

RequestReader::Step RequestReader::on_header() {
  if (auto fault = fault_of(parser_->get(), limits_)) return std::move(*fault);
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
  Incoming incoming{to_request(parser_->release()), persistence};
  parser_.reset();
  return incoming;
}

/// RFC 9112 2.2: a server should ignore an empty line before the request line.
void RequestReader::skip_blank_lines() {
  while (end_ - begin_ >= 2 && buffer_[begin_] == '\r' && buffer_[begin_ + 1] == '\n') begin_ += 2;
}

}  // namespace stagecache::http
