#pragma once
//
// How a warm job is watched: bars that are redrawn in place on a terminal, a
// line a step elsewhere (a log keeps what a terminal overwrites).
// Owned by one thread.

#include <memory>

#include "cli/answers.h"
#include "cli/console.h"
#include "stagecache/base/clock.h"

namespace stagecache::cli {

class Progress {
 public:
  virtual ~Progress() = default;
  virtual void show(const Job& job) = 0;
};

/// Draws at the cursor and goes back up before the next drawing.
class BarProgress final : public Progress {
 public:
  explicit BarProgress(const Console& console) : console_(console) {}
  void show(const Job& job) override;

 private:
  const Console& console_;
  std::size_t drawn_lines_ = 0;
};

/// A line when an item's state changes; of a running download every 5 s at most.
class LineProgress final : public Progress {
 public:
  LineProgress(const Console& console, const Clock& clock) : console_(console), clock_(clock) {}
  void show(const Job& job) override;

 private:
  struct Last {
    std::optional<Item::State> state;
    SteadyTime said_at{};
  };
  const Console& console_;
  const Clock& clock_;
  std::vector<Last> last_;
};

std::unique_ptr<Progress> make_progress(const Console& console, const Clock& clock);

}  // namespace stagecache::cli
