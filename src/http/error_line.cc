#include "http/error_line.h"

#include <algorithm>
#include <array>

#include "stagecache/model/shown.h"

namespace stagecache::http {
namespace {

constexpr std::string_view kPrefix = "stagecache: ";
constexpr std::string_view kGap = "...";

std::string_view advice_for(int status) {
  switch (status) {
    case 400: return "correct the request's URL and fields";
    case 403: return "ask your operator";
    case 404: return "check the URL, the publisher has no such file";
    case 405: return "use GET or HEAD";
    case 408: return "try again, and send the request at once";
    case 410: return "use another URL, the publisher has taken this one away";
    case 412: return "ask again without If-Match and If-Unmodified-Since";
    case 413: return "use GET with no body, or a smaller one";
    case 416: return "ask for a range inside of it";
    case 417: return "ask again without Expect";
    case 431: return "use a shorter URL and fewer fields";
    case 501: return "use no Transfer-Encoding";
    case 502: return "try again later, then ask your operator for: stagecache why URL";
    case 503: return "try again in a moment";
    case 504: return "try again later, then ask your operator for: stagecache why URL";
    case 505: return "use HTTP/1.1";
    default: return "ask your operator to look into this cache's log";
  }
}

/// Whoever wrote the message knew better what to do than the status does.
bool has_advice(std::string_view message) {
  static constexpr std::array<std::string_view, 8> kWords = {
      "ask your operator", "ask again", "try again", "; use ",
      "; check ",          "warm it",   "unset ",    "; correct "};
  return std::ranges::any_of(kWords, [&](std::string_view word) { return message.contains(word); });
}

bool names_it(std::string_view message, const Asked& asked) {
  return asked.name.empty() || message.contains(asked.name) ||
         (!asked.host.empty() && message.contains(asked.host));
}

/// One line of printable ASCII.
std::string printable(std::string_view text) {
  std::string line(text);
  std::ranges::replace(line, '\n', ' ');
  std::ranges::replace_if(line, [](char c) { return c < ' ' || c > '~'; }, '?');
  return line;
}

/// Messages of other modules show no query either; a signature is worth a second look.
std::string without_queries(std::string_view line) {
  std::string out;
  while (!line.empty()) {
    const std::string_view word = line.substr(0, line.find(' '));
    const std::size_t query = word.contains('/') ? word.find('?') : word.npos;
    const bool hides = query != word.npos && !word.substr(query + 1).starts_with(kGap);
    out += hides ? std::string(word.substr(0, query + 1)).append(kGap) : std::string(word);
    line.remove_prefix(word.size());
    if (!line.empty()) {
      out += ' ';
      line.remove_prefix(1);
    }
  }
  return out;
}

/// What it is about stands at the beginning, what to do at the end.
std::string without_middle(std::string line) {
  if (line.size() <= kErrorLineBytes) return line;
  constexpr std::size_t kEnd = 110;
  return line.substr(0, kErrorLineBytes - kEnd - kGap.size())
      .append(kGap)
      .append(line.substr(line.size() - kEnd));
}

}  // namespace

Asked asked_of(const cache::Request& wanted) {
  if (wanted.source) return {.name = shown(*wanted.source), .host = wanted.source->host};
  return {.name = "sha256 " + wanted.sha256->hex()};
}

Asked asked_of_target(std::string_view target) {
  return {.name = shown(target)};
}

std::string error_line(int status, std::string_view message, const Asked& asked) {
  std::string line(kPrefix);
  if (!names_it(message, asked)) line.append(asked.name).append(": ");
  line += without_queries(printable(message));
  if (!has_advice(message)) line.append("; ").append(advice_for(status));
  return without_middle(std::move(line));
}

}  // namespace stagecache::http
