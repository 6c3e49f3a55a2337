#pragma once
//
// A flat YAML map of scalars, with the places of its values in the text. Read from
// the parser's events and not as a tree: what is not flat ends the reading at its
// first event, so nesting, anchors and aliases cost nothing. Private to the module.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "stagecache/base/result.h"

namespace stagecache::manifest {

struct FlatScalar {
  std::string text;
  bool is_plain = true;    ///< Not quoted: `1.8` is a number to its reader.
  std::size_t offset = 0;  ///< Where it, or its tag, begins in the text.
};
struct FlatEntry {
  FlatScalar key, value;
};

/// Fails with BadInput: no YAML, or no single map of scalars.
Result<std::vector<FlatEntry>> read_flat_yaml(std::string_view text);

/// The same map as a text of its own. Keys keep being plain or quoted.
std::string write_flat_yaml(const std::vector<FlatEntry>& entries);

}  // namespace stagecache::manifest
