#pragma once
//
// The daemon's admin listener as the commands see it: a method, a path, and
// either the body of a good answer or an Error whose text can be shown as it is.

#include <functional>
#include <string>
#include <string_view>

#include "stagecache/base/result.h"
#include "stagecache/upstream/client.h"

namespace stagecache::cli {

using Transport = std::function<Result<upstream::ClientResponse>(const upstream::ClientRequest&)>;

class AdminClient {
 public:
  /// `token` is sent with every request; "" sends none.
  AdminClient(std::string server, std::string token, Transport transport);

  /// Fails with Unavailable or TimedOut when no daemon answers, NotFound, Conflict,
  /// Denied, Busy or BadInput by the status, Internal for an answer that is not stagecache's.
  Result<std::string> call(std::string_view method, std::string_view path,
                           std::string body = "") const;

 private:
  Error no_answer(const Error& why) const;
  Error refusal(const upstream::ClientResponse& response) const;

  const std::string server_;
  const std::string token_;
  const Transport transport_;
};

/// The token in `file`, without blanks around it; "" for no file. Fails with
/// BadInput when there is none in it or it could not stand in a header.
Result<std::string> read_token(const std::string& file);

/// `text` for a query: everything but unreserved characters escaped (RFC 3986 2.3).
std::string query_escaped(std::string_view text);

}  // namespace stagecache::cli
