#include "stagecache/manifest/index_yml.h"

#include <algorithm>

#include "flat_yaml.h"

namespace stagecache::manifest {
namespace {

using Entries = std::vector<FlatEntry>;

bool is_absolute_url(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    const bool same = std::ranges::equal(text.substr(0, scheme.size()), scheme, [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
    });
    if (same) return true;
  }
  return false;
}

/// The entries with our URLs as their values.
Entries mapped(const Entries& entries, const OurUrl& our_url, std::vector<std::string>& kept) {
  Entries result = entries;
  for (FlatEntry& entry : result) {
    if (!is_absolute_url(entry.value.text)) continue;
    const auto url = Url::parse(entry.value.text);
    auto ours = url ? our_url(*url) : std::nullopt;
    if (ours) entry.value.text = *std::move(ours);
    else if (std::ranges::find(kept, entry.value.text) == kept.end())
      kept.push_back(entry.value.text);
  }
  return result;
}

/// `text` with each changed value replaced where it stands; nullopt when one is not
/// spelled out there.
std::optional<std::string> patched(std::string_view text, const Entries& from, const Entries& to) {
  std::string result;
  std::size_t copied = 0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::string& old = from[i].value.text;
    if (old == to[i].value.text) continue;
    const std::size_t offset = from[i].value.offset;
    if (offset < copied || offset > text.size()) return std::nullopt;
    // Behind a quote, or a tag; but not lines further down.
    const std::size_t line_end = std::min(text.find('\n', offset), text.size());
    const std::size_t at = text.substr(0, line_end).find(old, offset);
    if (at == std::string_view::npos) return std::nullopt;
    result += text.substr(copied, at - copied);
    result += to[i].value.text;
    copied = at + old.size();
  }
  result += text.substr(copied);
  return result;
}

bool reads_as(std::string_view text, const Entries& wanted) {
  const auto found = read_flat_yaml(text);
  return found && std::ranges::equal(*found, wanted, [](const FlatEntry& a, const FlatEntry& b) {
           return a.key.text == b.key.text && a.value.text == b.value.text;
         });
}

}  // namespace

Result<IndexRewrite> rewrite_index(std::string_view text, const OurUrl& our_url) {
  if (text.size() > kMaxIndexBytes) return fail(ErrorCode::BadInput, "too large for an index.yml");
  const auto entries = read_flat_yaml(text);
  if (!entries) return std::unexpected(entries.error());
  if (std::ranges::none_of(*entries, [](const auto& e) { return is_absolute_url(e.value.text); }))
    return fail(ErrorCode::BadInput, "no entry of it is an absolute URL");

  IndexRewrite result;
  const Entries wanted = mapped(*entries, our_url, result.kept);
  auto text_with_ours = patched(text, *entries, wanted);
  if (!text_with_ours || !reads_as(*text_with_ours, wanted))
    text_with_ours = write_flat_yaml(wanted);
  if (!reads_as(*text_with_ours, wanted))
    return fail(ErrorCode::BadInput, "its keys cannot be written again");
  result.text = *std::move(text_with_ours);
  return result;
}

}  // namespace stagecache::manifest
