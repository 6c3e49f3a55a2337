#include "cli/warm.h"

#include <fmt/format.h>
#include "cli/interrupt.h"
#include "cli/render.h"

namespace stagecache::cli {
namespace {

constexpr std::chrono::milliseconds kFirstPause{200};
constexpr std::chrono::milliseconds kLongestPause{1'000};

/// A daemon that is restarted goes on with its jobs: so long we ask again.
constexpr int kPollsWithoutAnswer = 30;

/// Shows the job as it is; the exit code once it has ended.
std::optional<int> look_at(const std::string& body, const Arguments& arguments,
                           const Console& console, Progress& progress) {
  const auto job = read_job(body);
  if (!job) return report(job.error(), console);
  const bool ended = job->state != Job::State::Running;
  if (!arguments.json) progress.show(*job);
  if (!ended) return std::nullopt;
  if (arguments.json) {
    console.out << body << "\n";
  } else {
    for (const Item& item : job->items) console.out << outcome(item);
  }
  return job->state == Job::State::Failed ? kExitFinding : kExitOk;
}

}  // namespace

int watch_job(const AdminClient& client, const std::string& id, const Arguments& arguments,
              const Console& console, Progress& progress, const Pause& pause) {
  auto next_pause = kFirstPause;
  for (int unanswered = 0; unanswered < kPollsWithoutAnswer;) {
    const auto body = client.call("GET", "/v1/jobs/" + id);
    if (body) {
      const auto exit_code = look_at(*body, arguments, console, progress);
      if (exit_code) return *exit_code;
      unanswered = 0;
    } else {
      if (body.error().code != ErrorCode::Unavailable) return report(body.error(), console);
      ++unanswered;
    }
    if (!pause(next_pause)) {
      console.err << fmt::format("stagecache: job {} goes on without us\n", id);
      return kExitInterrupted;
    }
    next_pause = std::min(next_pause * 3 / 2, kLongestPause);
  }
  console.err << fmt::format("stagecache: the daemon went away; job {} goes on when it is back\n",
                             id);
  return kExitFinding;
}

int warm(const Arguments& arguments, const AdminClient& client, const Console& console) {
  auto request = warm_request(arguments);
  if (!request) return report(request.error(), console);
  const auto accepted = client.call("POST", "/v1/warm", *std::move(request));
  if (!accepted) return report(accepted.error(), console);
  const auto id = read_job_id(*accepted);
  if (!id) return report(id.error(), console);

  const SystemClock clock;
  const auto progress = make_progress(console, clock);
  const Interrupt interrupt;
  return watch_job(client, *id, arguments, console, *progress,
                   [&](std::chrono::milliseconds time) { return interrupt.wait(time); });
}

}  // namespace stagecache::cli
