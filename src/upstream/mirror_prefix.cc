#include "upstream/mirror_prefix.h"

#include <algorithm>

namespace stagecache::upstream {
namespace {

constexpr std::string_view kPlaceholder = "{version}";

/// The version that `text` begins with; "" when it begins with none. A dot at the end
/// belongs to what follows ("3.5.1.tgz").
std::string_view leading_version(std::string_view text) {
  if (text.starts_with('.')) return "";
  std::string_view run =
      text.substr(0, std::min(text.find_first_not_of("0123456789."), text.size()));
  while (run.ends_with('.')) run.remove_suffix(1);
  return run.contains('.') ? run : "";
}

}  // namespace

std::optional<PrefixMatch> match_prefix(std::string_view prefix, std::string_view text) {
  std::string_view version;
  while (!prefix.empty()) {
    const std::size_t at = std::min(prefix.find(kPlaceholder), prefix.size());
    if (!text.starts_with(prefix.substr(0, at))) return std::nullopt;
    text.remove_prefix(at);
    prefix.remove_prefix(at);
    if (prefix.empty()) break;

    const std::string_view here = leading_version(text);
    if (here.empty() || (!version.empty() && here != version)) return std::nullopt;
    version = here;
    text.remove_prefix(here.size());
    prefix.remove_prefix(kPlaceholder.size());
  }
  return PrefixMatch{.version = version, .rest = text};
}

std::optional<std::string> filled_in(std::string_view also, std::string_view version) {
  std::string filled;
  for (;;) {
    const std::size_t at = also.find(kPlaceholder);
    filled += also.substr(0, at);
    if (at == also.npos) return filled;
    if (version.empty()) return std::nullopt;
    filled += version;
    also.remove_prefix(at + kPlaceholder.size());
  }
}

}  // namespace stagecache::upstream
