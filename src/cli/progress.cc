#include "cli/progress.h"

#include <fmt/format.h>

#include "cli/render.h"

namespace stagecache::cli {
namespace {

constexpr std::chrono::seconds kBetweenProgressLines{5};

}  // namespace

void BarProgress::show(const Job& job) {
  const auto lines = bars(job, console_.terminal().value_or(TerminalSize{80, 24}));
  // Up to the first line drawn, then clear from there to the end of the screen:
  // a narrower window or fewer lines leave nothing behind.
  std::string drawing = drawn_lines_ > 0 ? fmt::format("\r\x1b[{}A\x1b[J", drawn_lines_) : "";
  for (const std::string& line : lines) drawing += line + "\n";
  console_.out << drawing << std::flush;
  drawn_lines_ = lines.size();
}

void LineProgress::show(const Job& job) {
  last_.resize(std::max(last_.size(), job.items.size()));
  const SteadyTime now = clock_.steady();
  for (std::size_t i = 0; i < job.items.size(); ++i) {
    const Item& item = job.items[i];
    const bool changed = last_[i].state != item.state;
    const bool goes_on =
        item.state == Item::State::Filling && now - last_[i].said_at >= kBetweenProgressLines;
    if (!changed && !goes_on) continue;
    console_.out << state_line(item) << "\n" << std::flush;
    last_[i] = {item.state, now};
  }
}

std::unique_ptr<Progress> make_progress(const Console& console, const Clock& clock) {
  if (console.terminal()) return std::make_unique<BarProgress>(console);
  return std::make_unique<LineProgress>(console, clock);
}

}  // namespace stagecache::cli
