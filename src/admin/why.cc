#include "why.h"

#include <fmt/format.h>

#include "json.h"
#include "stagecache/model/shown.h"
#include "utf8.h"

namespace stagecache::admin {
namespace {

namespace json = boost::json;

constexpr std::string_view kDigestMark = "#sha256=";
constexpr std::size_t kDigits = 12;

json::string text_of(std::string_view text) {
  return json::string(to_utf8(text));
}

template <class T>
json::value or_null(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}
json::value or_null(const std::optional<Sha256>& sha256) {
  return sha256 ? json::value(sha256->hex()) : json::value(nullptr);
}

Result<std::optional<Sha256>> digest_of(std::string_view hex) {
  if (hex.empty()) return std::optional<Sha256>();
  const auto digest = Sha256::parse(hex);
  if (!digest) return std::unexpected(digest.error());
  return std::optional(*digest);
}

std::string_view to_string(cache::Progress::State state) {
  switch (state) {
    case cache::Progress::State::Queued: return "queued";
    case cache::Progress::State::Filling: return "filling";
    case cache::Progress::State::Verifying: return "verifying";
  }
  return "filling";
}

std::string_view state_of(const cache::Knowledge& known) {
  if (known.filling) return "filling";
  if (known.artifact) return "stored";
  return known.unfinished ? "unfinished" : "not stored";
}

json::value object_of(const std::optional<cache::Progress>& filling) {
  if (!filling) return nullptr;
  return json::object{{"state", to_string(filling->state)},
                      {"size", or_null(filling->size)},
                      {"received", filling->received}};
}

json::value object_of(const std::optional<cache::LastFailure>& failure) {
  if (!failure) return nullptr;
  return json::object{{"code", stagecache::to_string(failure->error.code)},
                      {"message", text_of(failure->error.message)},
                      {"at", to_rfc3339(failure->at)},
                      {"times", failure->times},
                      {"next_try_s", failure->next_try.count()}};
}

bool is_what_was_declared(const Answer& answer) {
  const auto& declared = answer.question.declared;
  return answer.known.artifact &&
         (!declared || answer.known.artifact->artifact.sha256 == *declared);
}

std::string name_of(const Question& question) {
  if (question.wanted.source) return shown(*question.wanted.source);
  return question.wanted.sha256->hex();
}

void advise_on_what_is_missing(const Answer& answer, std::vector<std::string>& lines) {
  const std::string name = name_of(answer.question);
  const auto& known = answer.known;
  if (!answer.question.wanted.source) {
    lines.emplace_back("no source of it is known: stagecache warm URL#sha256=" + name);
    return;
  }
  if (answer.network == Network::Offline) {
    lines.emplace_back(
        "this cache is offline: end that with stagecache offline off, then run "
        "stagecache warm " +
        name);
    return;
  }
  if (known.failure && known.failure->next_try.count() > 0)
    lines.push_back(
        fmt::format("requests get that answer for {} s more; stagecache warm {} tries "
                    "at once",
                    known.failure->next_try.count(), name));
  else if (known.failure)
    lines.push_back("the next download of it is a new try: curl -fsS, or stagecache warm " + name);
  else if (known.unfinished)
    lines.push_back("a part is stored; it goes on with the next request, or stagecache warm " +
                    name);
  else lines.push_back("nobody has fetched it yet; stagecache warm " + name);
}

void advise_on_what_is_stored(const Answer& answer, std::vector<std::string>& lines) {
  const store::ArtifactInfo& info = *answer.known.artifact;
  const std::string digits = info.artifact.sha256.hex().substr(0, kDigits);
  if (!is_what_was_declared(answer)) {
    lines.push_back(fmt::format(
        "what is stored has the sha256 {}, not the declared one: correct "
        "what declares it, or stagecache warm {}#sha256={}",
        info.artifact.sha256.hex(), name_of(answer.question), answer.question.declared->hex()));
    return;
  }
  if (!info.pinned)
    lines.push_back("it may be evicted when room is needed; keep it with stagecache pin " + digits);
  const auto& source = answer.known.source;
  if (source && source->strength == DigestStrength::FirstSeen)
    lines.emplace_back(
        "nobody vouches for its digest; declare it with stagecache warm URL#sha256=HEX");
}

}  // namespace

Result<Question> parse_question(std::string_view url, std::string_view declared_hex,
                                const http::KnownHosts& hosts) {
  if (url.empty()) return fail(ErrorCode::BadInput, "which URL? Give it as url=...");
  const std::size_t mark = url.find(kDigestMark);
  if (mark != url.npos && declared_hex.empty())
    declared_hex = url.substr(mark + kDigestMark.size());
  const auto declared = digest_of(declared_hex);
  if (!declared) return std::unexpected(declared.error());

  url = url.substr(0, mark);
  auto artifact = http::artifact_of(url, hosts);
  if (!artifact) return error_of(std::move(artifact));
  const auto as_url = Url::parse(url);
  const bool as_it_stands =
      artifact->source && !artifact->sha256 && as_url && *as_url == *artifact->source;
  return Question{.wanted = {.source = std::move(artifact->source), .sha256 = artifact->sha256},
                  .declared = *declared ? *declared : artifact->sha256,
                  .asks = as_it_stands ? Asks::ThePublisher : Asks::ThisCache};
}

bool Answer::served_offline() const {
  return is_what_was_declared(*this) && (question.wanted.sha256 || !denied);
}

std::vector<std::string> advice(const Answer& answer) {
  std::vector<std::string> lines;
  if (answer.denied) lines.push_back(answer.denied->message);
  if (answer.known.artifact) advise_on_what_is_stored(answer, lines);
  else if (!answer.denied && !answer.known.filling) advise_on_what_is_missing(answer, lines);
  return lines;
}

json::object to_json(const store::LedgerEntry& entry) {
  return {{"time", to_rfc3339(entry.time)},
          {"event", store::to_string(entry.event)},
          {"url", text_of(entry.url)},
          {"sha256", or_null(entry.sha256)},
          {"strength", entry.strength ? json::value(stagecache::to_string(*entry.strength))
                                      : json::value(nullptr)},
          {"detail", entry.detail.empty() ? json::value(nullptr) : text_of(entry.detail)}};
}

json::object to_json(const Answer& answer) {
  const auto& [wanted, declared, asks] = answer.question;
  const auto& info = answer.known.artifact;
  const auto& source = answer.known.source;
  json::array ledger, lines;
  for (const store::LedgerEntry& entry : answer.ledger) ledger.push_back(to_json(entry));
  for (const std::string& line : advice(answer)) lines.push_back(text_of(line));
  json::object out{
      {"url", wanted.source ? text_of(wanted.source->to_string()) : json::value(nullptr)},
      {"source", wanted.source ? text_of(source_key(*wanted.source)) : json::value(nullptr)},
      {"asks", asks == Asks::ThisCache ? "this cache" : "the publisher"},
      {"declared", or_null(declared)},
      {"allowed", !answer.denied},
      {"denied", answer.denied ? text_of(answer.denied->message) : json::value(nullptr)},
      {"state", state_of(answer.known)}};
  out["sha256"] = info ? json::value(info->artifact.sha256.hex()) : json::value(nullptr);
  out["size"] = info ? json::value(info->artifact.size) : json::value(nullptr);
  out["pinned"] = info ? json::value(info->pinned) : json::value(nullptr);
  out["fresh"] = info ? json::value(answer.known.fresh) : json::value(nullptr);
  out["strength"] =
      source ? json::value(stagecache::to_string(source->strength)) : json::value(nullptr);
  out["validated_at"] =
      source ? json::value(to_rfc3339(source->validated_at)) : json::value(nullptr);
  out["filling"] = object_of(answer.known.filling);
  out["failure"] = object_of(answer.known.failure);
  out["offline"] = answer.network == Network::Offline;
  out["served_offline"] = answer.served_offline();
  out["ledger"] = std::move(ledger);
  out["advice"] = std::move(lines);
  return out;
}

}  // namespace stagecache::admin
