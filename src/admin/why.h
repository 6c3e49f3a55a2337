#pragma once
//
// Why does this URL behave as it does? The question as a person or a file puts it, and
// the answer as JSON: what is known, what happened last, what to do. Pure.

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stagecache/base/result.h"
#include "stagecache/cache/cache.h"
#include "stagecache/http/target.h"
#include "stagecache/store/source_ledger.h"

namespace stagecache::admin {

/// Whose server a URL asks.
enum class Asks { ThisCache, ThePublisher };

struct Question {
  cache::Request wanted;
  std::optional<Sha256> declared;  ///< What whoever asks expects.
  Asks asks = Asks::ThePublisher;
};

/// `url` in any shape: a publisher's, ours with whatever host, a path of ours, a source
/// key, each also with "#sha256=HEX" behind it. Fails with BadInput.
Result<Question> parse_question(std::string_view url, std::string_view declared_hex,
                                const http::KnownHosts& hosts);

enum class Network { Online, Offline };

struct Answer {
  Question question;
  std::optional<Error> denied;  ///< Why the policy does not let it be fetched.
  cache::Knowledge known;
  store::LedgerEntries ledger;
  Network network = Network::Online;

  /// Would a request get the bytes that are declared with the internet gone?
  bool served_offline() const;
};

/// What to do, a line each; empty when all is well.
std::vector<std::string> advice(const Answer& answer);

boost::json::object to_json(const Answer& answer);
boost::json::object to_json(const store::LedgerEntry& entry);

}  // namespace stagecache::admin
