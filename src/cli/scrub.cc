#include "cli/scrub.h"

#include <fmt/format.h>

#include "cli/interrupt.h"
#include "cli/scrub_answers.h"

namespace stagecache::cli {
namespace {

constexpr std::chrono::milliseconds kFirstPause{200};
constexpr std::chrono::milliseconds kLongestPause{1'000};
constexpr std::chrono::seconds kBetweenLines{5};

/// In place on a terminal, a line now and then elsewhere.
class ScrubProgress {
 public:
  ScrubProgress(const Console& console, const Clock& clock) : console_(console), clock_(clock) {}

  void show(const ScrubAnswer& scrub) {
    const auto terminal = console_.terminal();
    if (!terminal && clock_.steady() - said_at_ < kBetweenLines) return;
    said_at_ = clock_.steady();
    std::string line = scrub_progress(scrub);
    if (terminal)
      line = "\r\x1b[K" + line.substr(0, std::max<std::size_t>(terminal->columns, 2) - 1);
    console_.out << line << (terminal ? "" : "\n") << std::flush;
    drawn_ = terminal.has_value();
  }
  void clear() {
    if (drawn_) console_.out << "\r\x1b[K";
  }

 private:
  const Console& console_;
  const Clock& clock_;
  SteadyTime said_at_{};
  bool drawn_ = false;
};

int conclude(const ScrubAnswer& scrub, const std::string& body, const Arguments& arguments,
             const Console& console) {
  if (arguments.json) {
    console.out << body << "\n";
  } else {
    for (const DamagedForm& damaged : scrub.findings) console.out << damage_line(damaged) << "\n";
    console.out << scrub_outcome(scrub) << "\n";
  }
  return is_well(scrub) ? kExitOk : kExitFinding;
}

}  // namespace

int watch_scrub(const AdminClient& client, const Arguments& arguments, const Console& console,
                const Clock& clock, const Pause& pause) {
  ScrubProgress progress(console, clock);
  auto next_pause = kFirstPause;
  for (;;) {
    const auto body = client.call("GET", "/v1/scrub");
    if (!body) return report(body.error(), console);
    const auto scrub = read_scrub(*body);
    if (!scrub) return report(scrub.error(), console);
    if (!scrub->running) {
      progress.clear();
      // A daemon that was started anew knows nothing of it.
      if (!scrub->started_at.empty()) return conclude(*scrub, *body, arguments, console);
      console.err << "stagecache: the daemon was restarted before the scrub ended; run "
                     "stagecache scrub again\n";
      return kExitFinding;
    }
    if (!arguments.json) progress.show(*scrub);
    if (!pause(next_pause)) {
      console.err << "stagecache: the scrub goes on without us\n";
      return kExitInterrupted;
    }
    next_pause = std::min(next_pause * 3 / 2, kLongestPause);
  }
}

int scrub(const Arguments& arguments, const AdminClient& client, const Console& console) {
  const auto begun = client.call("POST", "/v1/scrub");
  if (!begun && (begun.error().code != ErrorCode::Conflict || arguments.no_wait))
    return report(begun.error(), console);
  if (begun && arguments.no_wait) {
    console.out << (arguments.json ? *begun + "\n" : "the scrub has begun\n");
    return kExitOk;
  }
  if (!begun) console.err << "stagecache: one runs already; this is its progress\n";
  const SystemClock clock;
  const Interrupt interrupt;
  return watch_scrub(client, arguments, console, clock,
                     [&](std::chrono::milliseconds time) { return interrupt.wait(time); });
}

}  // namespace stagecache::cli
