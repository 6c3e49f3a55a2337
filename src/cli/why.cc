// `why`, `ledger` and `offline`: what happened, and the switch.

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/why_answers.h"

namespace stagecache::cli {

int why(const Arguments& arguments, const AdminClient& client, const Console& console) {
  for (const std::string& target : arguments.targets) {
    const auto body = client.call("GET", "/v1/why?url=" + query_escaped(target));
    if (!body) return report(body.error(), console);
    if (arguments.json) {
      console.out << *body << "\n";
      continue;
    }
    const auto answer = read_why(*body);
    if (!answer) return report(answer.error(), console);
    console.out << why_text(*answer);
  }
  return kExitOk;
}

int ledger(const Arguments& arguments, const AdminClient& client, const Console& console) {
  const std::string of_url =
      arguments.query.empty() ? "" : "&url=" + query_escaped(arguments.query);
  const auto body =
      client.call("GET", fmt::format("/v1/ledger?limit={}{}", arguments.limit, of_url));
  if (!body) return report(body.error(), console);
  auto text = ledger_json_lines(*body);
  if (!arguments.json) {
    const auto rows = read_ledger(*body);
    if (rows) text = ledger_text(*rows);
  }
  if (!text) return report(text.error(), console);
  console.out << *text;
  return kExitOk;
}

int offline(const Arguments& arguments, const AdminClient& client, const Console& console) {
  const bool on = arguments.targets.front() == "on";
  const auto done = client.call(on ? "PUT" : "DELETE", "/v1/offline");
  if (!done) return report(done.error(), console);
  console.out << (on ? "offline: nothing goes out until `stagecache offline off` or a restart\n"
                     : "online\n");
  return kExitOk;
}

}  // namespace stagecache::cli
