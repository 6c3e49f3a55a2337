#pragma once
//
// An HTTP request as a handler sees it, and the response it gives. Plain values,
// free of Beast.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "stagecache/cache/body.h"
#include "stagecache/model/byte_range.h"
#include "stagecache/model/header.h"

namespace stagecache::http {

struct Request {
  std::string method;      ///< "GET"
  std::string target;      ///< As on the request line: origin, absolute or authority form.
  int version = 11;        ///< 10 or 11.
  Headers headers;         ///< In order, names as sent.
  std::string body;        ///< Empty on the data listener.
  std::string peer;        ///< Address of the client, without its port.
  std::string local_port;  ///< Port of ours that the client reached.
  std::string local;       ///< Address of ours that the client reached, without its port.
  bool tls = false;
};

/// A body that is read from the cache while it is sent. Without `range` the whole.
struct CachedBody {
  std::shared_ptr<cache::Body> body;
  std::optional<ByteRange> range = {};
};

struct Response {
  int status = 200;
  std::string reason = {};  ///< "" for the standard phrase.
  Headers headers =
      {};  ///< Without Content-Length, Connection, Date, Server: the server adds them.
  /// A text, or bytes from the cache. For HEAD and 304 give the body all the same:
  /// its length goes into the head, its bytes do not go out.
  std::variant<std::string, CachedBody> body = {};
  bool close = false;  ///< Close the connection afterwards.
};

/// `text` plus a newline as text/plain.
Response text_response(int status, std::string text);

}  // namespace stagecache::http
