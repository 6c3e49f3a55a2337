#pragma once
// A daemon that answers from a script and remembers what it was asked.

#include <map>
#include <vector>

#include "cli/admin_client.h"

namespace stagecache::cli {

class FakeDaemon {
 public:
  /// The answers of "GET /v1/stats" in order; the last one is given again and again.
  void answer(const std::string& call, int status, std::string body) {
    script_[call].push_back({.status = status, .headers = {}, .body = std::move(body)});
  }

  Transport transport() {
    return [this](const upstream::ClientRequest& request) -> Result<upstream::ClientResponse> {
      requests.push_back(request);
      const std::string call = request.method + " " + request.url.substr(request.url.find("/v1"));
      auto& answers = script_[call];
      if (answers.empty())
        return fail(ErrorCode::Unavailable, "connect to h:1: Connection refused");
      upstream::ClientResponse response = answers.front();
      if (answers.size() > 1) answers.erase(answers.begin());
      if (response.status == 0)
        return fail(ErrorCode::Unavailable, "connect to h:1: Connection refused");
      return response;
    };
  }

  AdminClient client() { return AdminClient("http://h:1", "", transport()); }

  std::vector<upstream::ClientRequest> requests;

 private:
  std::map<std::string, std::vector<upstream::ClientResponse>> script_;
};

}  // namespace stagecache::cli
