#pragma once
// "Did you mean": the known word that is nearest to a misspelt one. Pure.

#include <cstddef>
#include <string_view>
#include <vector>

namespace stagecache::config {

/// Least number of letters to put in, take out, change, or swap with their
/// neighbour (optimal string alignment) to get from `a` to `b`.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest of `known`; the first of several. Empty when `known` is.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known);

}  // namespace stagecache::config
