#pragma once
//
// RequestReader turns the bytes of one connection into requests, one after the
// other, within bounds. It knows no socket: bytes go in, a step comes out. Beast
// does the parsing and is fenced into the .cc (it costs half a minute to compile).
//
// It refuses what two readers could understand differently: several lengths, a
// transfer coding other than chunked, no, two or odd Hosts, folded fields, lone line
// ends. After a Reject nothing that follows is read. Trailers are dropped.
// Thread safety: one thread at a time.

#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "http/response_head.h"
#include "stagecache/http/message.h"

namespace stagecache::http {

class RequestReader {
 public:
  struct Limits {
    std::size_t header_bytes;  ///< Request line and fields; more is 431.
    std::size_t body_bytes;    ///< More is 413.
  };
  /// More bytes are needed.
  struct NeedMore {};
  /// The client waits for "100 Continue" before it sends the body.
  struct SendContinue {};
  /// A whole request. `request.peer`, `local`, `tls` are for the caller to fill.
  struct Incoming {
    Request request;
    Persistence persistence;
  };
  /// Answer this and close: what follows on the connection cannot be trusted.
  struct Reject {
    int status;
    std::string text;
  };
  using Step = std::variant<NeedMore, SendContinue, Incoming, Reject>;

  explicit RequestReader(Limits limits);
  ~RequestReader();

  /// Room to read into, never empty. Valid until the next call of `next`.
  std::span<char> space();
  /// The first `count` bytes of `space()` were received.
  void received(std::size_t count);

  /// What the bytes so far come to. After Incoming, call again for the next.
  Step next();

  /// True when bytes have come that are not yet a whole request.
  bool has_begun() const;
  /// True when the head is whole and its body is awaited.
  bool in_body() const;

 private:
  struct Parser;

  std::optional<Reject> guard_head();
  Step parse_buffered();
  Reject refusal(const boost::system::error_code& error) const;
  Step on_header();
  Step take_request();
  void skip_blank_lines();

  const Limits limits_;
  std::vector<char> buffer_;  // [begin_, end_) holds what is not yet parsed.
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::unique_ptr<Parser> parser_;  // Null between requests.
};

}  // namespace stagecache::http
