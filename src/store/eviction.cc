#include "eviction.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <unordered_map>

namespace stagecache::store {
namespace {

std::uint64_t less(std::uint64_t a, std::uint64_t b) {
  return a > b ? a - b : 0;
}

/// One form that may go. The second of two is listed after the first, with which the
/// artifact still lies packed.
struct Unit {
  const Candidate* candidate = nullptr;
  Form form = Form::Raw;
  std::uint64_t bytes = 0;
  bool in_use = false;
  bool last_form = true;  ///< With it the artifact goes.
};

std::vector<Unit> units_of(const std::vector<Candidate>& candidates) {
  std::vector<Unit> units;
  for (const Candidate& candidate : candidates) {
    const auto& [raw, packed] = std::tie(candidate.raw, candidate.packed);
    if (candidate.kept) continue;
    // An empty artifact gives nothing back.
    if (raw && raw->bytes > 0 && (packed || !candidate.pinned))
      units.push_back({&candidate, Form::Raw, raw->bytes, raw->in_use, !packed});
    if (packed && packed->bytes > 0 && !candidate.pinned)
      units.push_back(
          {&candidate, Form::Packed, packed->bytes, packed->in_use || (raw && raw->in_use), true});
  }
  // The digest breaks ties, so that the choice is the same on every run.
  std::ranges::sort(units, {}, [](const Unit& unit) {
    const Candidate& c = *unit.candidate;
    return std::tuple(unit.in_use, unit.last_form, c.last_used, c.use_order, c.sha256);
  });
  return units;
}

/// Takes units in their order until it has enough.
class Taking {
 public:
  Taking(const std::vector<Candidate>& candidates, std::uint64_t wanted_bytes)
      : wanted_(wanted_bytes) {
    for (const Candidate& candidate : candidates)
      if (candidate.base) ++dependants_[*candidate.base];
  }

  bool enough() const { return wanted_ == 0; }
  std::uint64_t taken_bytes() const { return taken_; }
  std::vector<Victim> victims() && { return std::move(victims_); }

  /// REQUIRES: what goes before it was offered before it.
  void offer(const Unit& unit) {
    if (enough()) return;
    if (unit.form == Form::Packed && needed(unit.candidate->sha256)) {
      passed_over_[unit.candidate->sha256] = unit;
      return;
    }
    take(unit);
    const auto& base = unit.candidate->base;
    if (unit.form == Form::Raw || !base || --dependants_[*base] > 0) return;
    // Nobody needs its keyframe any more. Depth is one: this ends here.
    if (const auto freed = passed_over_.extract(*base); !freed.empty()) offer(freed.mapped());
  }

 private:
  bool needed(const Sha256& keyframe) const {
    const auto found = dependants_.find(keyframe);
    return found != dependants_.end() && found->second > 0;
  }

  void take(const Unit& unit) {
    victims_.push_back({unit.candidate->sha256, unit.form});
    wanted_ = less(wanted_, unit.bytes);
    taken_ += unit.bytes;
  }

  std::uint64_t wanted_;
  std::uint64_t taken_ = 0;
  std::vector<Victim> victims_;
  std::unordered_map<Sha256, std::uint64_t> dependants_;  // How many are left, by their base.
  std::unordered_map<Sha256, Unit> passed_over_;
};

}  // namespace

std::optional<std::vector<Victim>> choose_victims(const std::vector<Candidate>& candidates,
                                                  std::uint64_t wanted_bytes, Pending pending) {
  const std::vector<Unit> units = units_of(candidates);
  const std::uint64_t wanted = less(wanted_bytes, pending.unread_bytes);
  Taking unread(candidates, wanted);
  for (const Unit& unit : units)
    if (!unit.in_use) unread.offer(unit);
  if (unread.enough()) return std::move(unread).victims();

  Taking all(candidates, less(wanted, pending.read_bytes));
  for (const Unit& unit : units) all.offer(unit);
  if (all.enough()) return std::move(all).victims();
  return std::nullopt;
}

std::uint64_t evictable_bytes(const std::vector<Candidate>& candidates) {
  Taking all(candidates, std::numeric_limits<std::uint64_t>::max());
  for (const Unit& unit : units_of(candidates)) all.offer(unit);
  return all.taken_bytes();
}

}  // namespace stagecache::store
