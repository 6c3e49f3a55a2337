#include "stagecache/model/shown.h"

namespace stagecache {
namespace {

constexpr std::string_view kGap = "...";

std::string without_middle(std::string text) {
  if (text.size() <= kShownBytes) return text;
  const std::size_t half = (kShownBytes - kGap.size()) / 2;
  return text.substr(0, half).append(kGap).append(text.substr(text.size() - half));
}

/// Bytes that no URL has could end a line, or draw on a terminal.
void mask_unprintable(std::string& text) {
  for (char& c : text)
    if (c <= ' ' || c > '~') c = '?';
}

}  // namespace

std::string shown(std::string_view key) {
  const std::size_t query = key.find('?');
  std::string text(key.substr(0, query));
  mask_unprintable(text);
  text = without_middle(std::move(text));
  return query == std::string_view::npos ? text : text + "?...";
}

std::string shown(const Url& url) {
  return shown(std::string_view(url.to_string()));
}

}  // namespace stagecache
