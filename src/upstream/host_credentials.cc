#include "upstream/host_credentials.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <span>

#include "stagecache/base/base64.h"
#include "stagecache/base/file_system.h"
#include "stagecache/base/log.h"
#include "stagecache/base/mutex.h"
#include "stagecache/model/header.h"

namespace stagecache::upstream {
namespace {

/// Tokens have a few kB at most; a larger file is the wrong file.
constexpr std::uint64_t kMaxFileBytes = 64 << 10;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::string_view first_line(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    if (!line.empty() && !line.starts_with('#')) return line;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

/// What follows `word` and a blank; empty when the line does not begin so.
std::string_view after_word(std::string_view line, std::string_view word) {
  if (line.size() <= word.size() || !same_header_name(line.substr(0, word.size()), word)) return {};
  if (line[word.size()] != ' ' && line[word.size()] != '\t') return {};
  return trimmed(line.substr(word.size()));
}

bool is_printable(std::string_view text) {
  return std::ranges::none_of(text,
                              [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

/// Once a file: a warning a request would fill the log.
void warn_of_loose_file(const std::string& file) {
  static Mutex mutex;
  static std::set<std::string> warned;
  struct stat info{};
  if (::stat(file.c_str(), &info) != 0 || (info.st_mode & S_IROTH) == 0) return;
  MutexLock lock(mutex);
  if (warned.insert(file).second)
    log_warn("every user of this machine can read the credentials in {}; give it mode 0600", file);
}

}  // namespace

Result<std::string> read_credentials(std::string_view text) {
  const std::string_view line = first_line(text);
  if (line.empty()) return fail(ErrorCode::BadInput, "it is empty");
  if (!is_printable(line)) return fail(ErrorCode::BadInput, "it holds control characters");
  if (const auto token = after_word(line, "bearer"); !token.empty()) {
    if (token.find(' ') != token.npos)
      return fail(ErrorCode::BadInput, "what follows \"bearer\" is no token: it has a blank in it");
    return "Bearer " + std::string(token);
  }
  const std::string_view after_basic = after_word(line, "basic");
  const std::string_view pair = after_basic.empty() ? line : after_basic;
  if (pair.find(':') == pair.npos)
    return fail(ErrorCode::BadInput, "it is neither \"user:password\" nor \"bearer TOKEN\"");
  return "Basic " + to_base64(std::as_bytes(std::span(pair)));
}

Result<std::string> authorization_from(const std::string& file) {
  const auto text = read_file(file, kMaxFileBytes);
  if (!text)
    return fail(ErrorCode::Unavailable,
                fmt::format("the credentials of its [[upstream.host]] entry cannot be read: {}",
                            text.error().message));
  warn_of_loose_file(file);
  auto field = read_credentials(*text);
  if (field) return field;
  return fail(ErrorCode::Unavailable,
              fmt::format("the credentials of its [[upstream.host]] entry cannot be used: {}: {}",
                          file, field.error().message));
}

}  // namespace stagecache::upstream
