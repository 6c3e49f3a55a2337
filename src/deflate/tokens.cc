#include "stagecache/deflate/tokens.h"

namespace stagecache::deflate {

void Tokens::clear() {
  literals.clear();
  runs.clear();
  lengths.clear();
  distances.clear();
  long_258.clear();
  blocks.clear();
  headers.clear();
}

TokensView::TokensView(const Tokens& tokens)
    : literals(tokens.literals),
      runs(tokens.runs),
      lengths(tokens.lengths),
      distances(tokens.distances),
      long_258(tokens.long_258),
      blocks(tokens.blocks),
      headers(tokens.headers) {}

}  // namespace stagecache::deflate
