#include <fmt/format.h>

#include <algorithm>

#include "cli/answers.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "cli/store_answers.h"
#include "cli/store_render.h"

namespace stagecache::cli {
namespace {

/// Fewer digits name too much by accident.
constexpr std::size_t kLeastDigits = 4;
constexpr std::size_t kAllDigits = 64;

/// How many of several matches an error lists.
constexpr std::size_t kMatchesShown = 5;

/// Prints the daemon's own JSON, or what `for_a_person` makes of it.
template <class ForAPerson>
int print(const Result<std::string>& body, const Arguments& arguments, const Console& console,
          ForAPerson for_a_person) {
  if (!body) return report(body.error(), console);
  if (arguments.json) {
    console.out << *body << "\n";
    return kExitOk;
  }
  const Result<std::string> text = for_a_person(*body);
  if (!text) return report(text.error(), console);
  console.out << *text;
  return kExitOk;
}

Result<std::string> as_table(std::string_view body) {
  auto rows = read_artifacts(body);
  if (!rows) return error_of(std::move(rows));
  return artifact_table(*rows);
}

Result<std::string> as_stats(std::string_view body) {
  auto stats = read_stats(body);
  if (!stats) return error_of(std::move(stats));
  return stats_text(*stats);
}

std::unexpected<Error> ambiguous(std::string_view prefix, const std::vector<std::string>& matches) {
  std::string list;
  for (std::size_t i = 0; i < std::min(matches.size(), kMatchesShown); ++i)
    list += "\n  " + printable(matches[i]);
  return fail(ErrorCode::Conflict, fmt::format("{} artifacts begin with {}; write more digits:{}",
                                               matches.size(), prefix, list));
}

struct Change {
  const char* method;
  const char* below;  ///< What follows the artifact's path.
  const char* done;
};

Change change_of(Command command) {
  if (command == Command::Pin) return {"PUT", "/pin", "pinned"};
  if (command == Command::Unpin) return {"DELETE", "/pin", "unpinned"};
  return {"DELETE", "", "removed"};
}

}  // namespace

Result<std::string> full_digest(std::string_view prefix, const AdminClient& client) {
  std::string digits(prefix);
  for (char& c : digits)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  const bool hex = digits.find_first_not_of("0123456789abcdef") == digits.npos;
  if (!hex || digits.size() < kLeastDigits || digits.size() > kAllDigits)
    return fail(ErrorCode::BadInput,
                fmt::format("{}: not a SHA-256 or at least {} digits of its beginning",
                            printable(prefix), kLeastDigits));
  if (digits.size() == kAllDigits) return digits;

  const auto body = client.call("GET", "/v1/artifacts");
  if (!body) return std::unexpected(body.error());
  const auto rows = read_artifacts(*body);
  if (!rows) return std::unexpected(rows.error());
  std::vector<std::string> matches;
  for (const ArtifactRow& row : *rows)
    if (row.sha256.size() == kAllDigits && row.sha256.starts_with(digits))
      matches.push_back(row.sha256);
  if (matches.empty())
    return fail(ErrorCode::NotFound, fmt::format("no artifact begins with {}", digits));
  if (matches.size() > 1) return ambiguous(digits, matches);
  return matches.front();
}

int ls(const Arguments& arguments, const AdminClient& client, const Console& console) {
  const std::string query = arguments.query.empty() ? "" : "?q=" + query_escaped(arguments.query);
  return print(client.call("GET", "/v1/artifacts" + query), arguments, console, as_table);
}

int show(const Arguments& arguments, const AdminClient& client, const Console& console) {
  for (const std::string& target : arguments.targets) {
    const auto digest = full_digest(target, client);
    if (!digest) return report(digest.error(), console);
    const int code =
        print(client.call("GET", "/v1/artifacts/" + *digest), arguments, console, artifact_outline);
    if (code != kExitOk) return code;
  }
  return kExitOk;
}

int stats(const Arguments& arguments, const AdminClient& client, const Console& console) {
  return print(client.call("GET", "/v1/stats"), arguments, console, as_stats);
}

int change(const Arguments& arguments, const AdminClient& client, const Console& console) {
  const Change what = change_of(arguments.command);
  int exit_code = kExitOk;
  for (const std::string& target : arguments.targets) {
    const auto digest = full_digest(target, client);
    if (!digest) {
      exit_code = std::max(exit_code, report(digest.error(), console));
      continue;
    }
    const auto answer =
        client.call(what.method, fmt::format("/v1/artifacts/{}{}", *digest, what.below));
    if (answer) console.out << fmt::format("{} {}\n", what.done, *digest);
    else exit_code = std::max(exit_code, report(answer.error(), console));
  }
  return exit_code;
}

}  // namespace stagecache::cli
