#pragma once
//
// Reads the streams of a TokensView in step with each other. They may come from a damaged
// disk: it says where they do not fit. Cheap to copy. Private to the module.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "stagecache/deflate/tokens.h"

namespace stagecache::deflate {

class TokenSource {
 public:
  /// REQUIRES: two bytes of distance for each length.
  explicit TokenSource(const TokensView& tokens)
      : literals_(tokens.literals),
        runs_(tokens.runs),
        lengths_(tokens.lengths),
        distances_(tokens.distances),
        long_258_(tokens.long_258) {}

  /// Finds out how many literals stand before the next match, or behind the last. False: the
  /// runs are broken.
  [[nodiscard]] bool next_run();
  /// Literals before the next match.
  std::uint64_t run_left() const { return run_left_; }
  /// REQUIRES: count <= run_left().
  std::span<const std::byte> take_literals(std::uint64_t count) {
    const auto taken = literals_.first(count);
    literals_ = literals_.subspan(count);
    run_left_ -= count;
    return taken;
  }

  bool has_match() const { return match_ < lengths_.size(); }
  struct Match {
    std::byte length;
    std::uint16_t distance;
    bool long_258;
  };
  /// REQUIRES: has_match().
  Match take_match() {
    std::uint16_t distance = 0;
    std::memcpy(&distance, distances_.data() + 2 * match_, sizeof distance);
    const bool alias = !long_258_.empty() && long_258_.front() == match_;
    if (alias) [[unlikely]]
      long_258_ = long_258_.subspan(1);
    return {lengths_[match_++], distance, alias};
  }

  bool at_end() const {
    return literals_.empty() && !has_match() && runs_.empty() && long_258_.empty();
  }

 private:
  std::span<const std::byte> literals_, runs_, lengths_, distances_;
  std::span<const std::uint64_t> long_258_;
  std::size_t match_ = 0;
  std::uint64_t run_left_ = 0;
};

inline bool TokenSource::next_run() {
  run_left_ = literals_.size();
  if (!has_match()) return true;
  std::uint64_t run = 0;
  for (unsigned shift = 0;; shift += 7) {
    if (runs_.empty() || shift > 56) return false;
    const auto part = static_cast<std::uint64_t>(runs_.front());
    runs_ = runs_.subspan(1);
    run |= (part & 0x7f) << shift;
    if (!(part & 0x80)) break;
  }
  const bool fits = run <= run_left_;
  run_left_ = run;
  return fits;
}

}  // namespace stagecache::deflate
