#pragma once
//
// A small HTTP client for our own command line to talk to the admin listener: one
// request, the whole answer in memory. It follows no redirect and checks no allow
// list. Thread safety: calls are independent.

#include <chrono>
#include <string>

#include "stagecache/base/result.h"
#include "stagecache/model/header.h"

namespace stagecache::upstream {

struct ClientRequest {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string body;
  std::chrono::milliseconds timeout{30'000};
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;  ///< At most 64 MiB.
};

/// Fails with Unavailable when nothing answers ("connect to 127.0.0.1:8081: ..."),
/// TimedOut, BadInput for a URL that is none.
Result<ClientResponse> request(const ClientRequest& request);

}  // namespace stagecache::upstream
