#pragma once
//
// index.yml: what the java-buildpack 4.x asks a repository for first. Flat YAML,
// `version: absolute URL`. It downloads what stands there and nothing else, so the
// URLs must become ours before the file goes out.
//
// The rewrite is textual: comments, order and quoting stay. It is checked by
// parsing the new text and comparing entry by entry; where the text cannot be
// patched (escapes, anchors) the entries are written anew, without the comments.
// Pure.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stagecache/base/result.h"
#include "stagecache/model/url.h"

namespace stagecache::manifest {

/// Larger bodies are no index; the real ones have a few KiB.
inline constexpr std::size_t kMaxIndexBytes = 4 << 20;

struct IndexRewrite {
  std::string text;
  std::vector<std::string> kept;  ///< URLs that stayed as they are, each once.
};

/// Our URL for one of the index; nullopt: it stays.
using OurUrl = std::function<std::optional<std::string>(const Url&)>;

/// Fails with BadInput when `text` is no index: no YAML, not flat, more than one
/// document, no absolute URL in it, too large.
Result<IndexRewrite> rewrite_index(std::string_view text, const OurUrl& our_url);

}  // namespace stagecache::manifest
