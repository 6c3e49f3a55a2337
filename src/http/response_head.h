#pragma once
//
// The head of a response as bytes. Written by hand: it is on the hit path, and
// the fields are few. Values are made safe: no field of an upstream can end a
// line of ours. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stagecache/http/message.h"

namespace stagecache::http {

/// How a client sees where the body ends.
enum class Framing {
  Length,      ///< Content-Length.
  Chunked,     ///< Transfer-Encoding: chunked; the last chunk is the end.
  UntilClose,  ///< HTTP/1.0, size unknown: the end of the connection is the end.
};

enum class Persistence { KeepAlive, Close };

struct HeadPlan {
  Framing framing = Framing::Length;
  std::uint64_t length = 0;  ///< For Framing::Length.
  int version = 11;          ///< Of the request.
  Persistence persistence = Persistence::KeepAlive;
  std::string_view date;  ///< IMF-fixdate.
};

std::string response_head(const Response& response, const HeadPlan& plan);

}  // namespace stagecache::http
