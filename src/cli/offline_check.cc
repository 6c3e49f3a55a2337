// `warm --offline-check`: would a push work with the internet gone? It only asks what
// is known: nothing is fetched and nothing changes.

#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/apps.h"
#include "cli/commands.h"
#include "cli/render.h"
#include "cli/why_answers.h"
#include "stagecache/model/quantity.h"
#include "stagecache/model/sha256.h"

namespace stagecache::cli {
namespace {

namespace json = boost::json;

struct Verdict {
  const AppDownload& download;
  WhyAnswer known;
  std::string problem;  ///< Why it would fail; "" when it would work.
  std::string note;     ///< What else should be known; "" for nothing.
};

std::string problem_of(const AppDownload& download, const WhyAnswer& known) {
  if (known.served_offline) return "";
  if (!known.denied.empty() && !known.sha256.empty()) return known.denied;
  if (!known.sha256.empty())
    return fmt::format("stored is the sha256 {}, declared is {}", known.sha256,
                       known.declared.empty() ? download.sha256 : known.declared);
  if (!known.denied.empty()) return known.denied;
  return fmt::format("{}; get it with: stagecache warm {}{}", known.state, download.url,
                     download.sha256.empty() ? "" : "#sha256=" + download.sha256);
}

/// The file's word on a digest is checked by the buildpack, whatever the URL says.
Result<Verdict> look_at(const AppDownload& download, const AdminClient& client) {
  Verdict verdict{.download = download, .known = {}, .problem = "", .note = ""};
  const std::string digest = download.sha256.empty() ? "" : "&sha256=" + download.sha256;
  const auto body = client.call("GET", "/v1/why?url=" + query_escaped(download.url) + digest);
  if (!body && body.error().code == ErrorCode::BadInput) {
    verdict.problem = body.error().message;
    return verdict;
  }
  if (!body) return std::unexpected(body.error());
  auto known = read_why(*body);
  if (!known) return error_of(std::move(known));
  verdict.known = *std::move(known);
  verdict.problem = problem_of(download, verdict.known);
  if (!verdict.known.asks_this_cache)
    verdict.note = "asks the publisher: works where the publisher's name leads to this cache";
  return verdict;
}

std::string verdict_line(const Verdict& verdict) {
  const std::string url = printable(verdict.download.url);
  std::string out =
      verdict.problem.empty()
          ? fmt::format("  ok      {}: {}, {}\n", url, format_size(verdict.known.size.value_or(0)),
                        verdict.known.pinned ? "pinned" : "not pinned, may be evicted")
          : fmt::format("  MISSING {}: {}\n", url, printable(verdict.problem));
  if (!verdict.note.empty()) out += fmt::format("          note: {}\n", verdict.note);
  return out;
}

json::object to_json(const Verdict& verdict) {
  const auto or_null = [](const std::string& text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
  };
  const auto& known = verdict.known;
  return {{"url", printable(verdict.download.url)},
          {"declared", or_null(verdict.download.sha256)},
          {"ok", verdict.problem.empty()},
          {"sha256", or_null(known.sha256)},
          {"size", known.size ? json::value(*known.size) : json::value(nullptr)},
          {"pinned", known.pinned},
          {"problem", or_null(printable(verdict.problem))},
          {"note", or_null(verdict.note)}};
}

}  // namespace

int offline_check(const Arguments& arguments, const AdminClient& client, const Console& console) {
  const auto apps = apps_named(arguments.targets);
  if (!apps) return report(apps.error(), console);
  int exit_code = kExitOk;
  json::array list;
  for (const App& app : *apps) {
    std::string lines;
    json::array downloads;
    bool works = true;
    for (const AppDownload& download : app.downloads) {
      const auto verdict = look_at(download, client);
      if (!verdict) return report(verdict.error(), console);
      works = works && verdict->problem.empty();
      lines += verdict_line(*verdict);
      downloads.push_back(to_json(*verdict));
    }
    if (!works) exit_code = kExitFinding;
    list.push_back(json::object{
        {"app", printable(app.name)}, {"ok", works}, {"downloads", std::move(downloads)}});
    if (arguments.json) continue;
    console.out << fmt::format("{}: a push {} with the internet gone\n{}", printable(app.name),
                               works ? "would work" : "would FAIL", lines);
  }
  if (arguments.json)
    console.out << json::serialize(json::object{{"apps", std::move(list)}}) << "\n";
  return exit_code;
}

}  // namespace stagecache::cli
