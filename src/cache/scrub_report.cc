#include "scrub_report.h"

#include <fmt/format.h>

#include <utility>

#include "stagecache/base/log.h"

namespace stagecache::cache {

std::string_view to_string(ScrubFinding::State state) {
  switch (state) {
    case ScrubFinding::State::Kept: return "kept";
    case ScrubFinding::State::Fetching: return "fetching";
    case ScrubFinding::State::Fetched: return "fetched";
    case ScrubFinding::State::Lost: return "lost";
  }
  return "lost";
}

std::string_view to_string(ScrubStatus::State state) {
  return state == ScrubStatus::State::Running ? "running" : "idle";
}

void ScrubReport::start_afresh(WallTime now) {
  status_ = {.state = ScrubStatus::State::Running, .started_at = now, .last_end = status_.last_end};
}

Status ScrubReport::ask(WallTime now) {
  MutexLock lock(mutex_);
  if (status_.state == ScrubStatus::State::Running)
    return fail(ErrorCode::Conflict,
                fmt::format("a scrub runs already and has read {} of {} forms; wait for it "
                            "(stagecache scrub, or GET /v1/scrub)",
                            status_.forms_read, status_.forms));
  start_afresh(now);
  asked_for_ = true;
  return {};
}

bool ScrubReport::begin(WallTime now, bool due) {
  MutexLock lock(mutex_);
  if (std::exchange(asked_for_, false)) return true;
  if (due) start_afresh(now);
  return due;
}

bool has_read_everything(const ScrubStatus& status) {
  return status.unread == 0 && status.broken_off.empty();
}

void ScrubReport::end(WallTime now, const Status& read) {
  MutexLock lock(mutex_);
  status_.state = ScrubStatus::State::Idle;
  status_.ended_at = now;
  status_.reading.clear();
  if (!read) status_.broken_off = read.error().message;
  if (has_read_everything(status_)) status_.last_end = now;
  log_info("scrub {}: {} of {} forms looked at, {} damaged, {} could not be read",
           read ? "ended" : "broken off", status_.forms_read, status_.forms, status_.damaged,
           status_.unread);
}

void ScrubReport::set_last_end(std::optional<WallTime> time) {
  MutexLock lock(mutex_);
  status_.last_end = time;
}

void ScrubReport::will_read(std::uint64_t forms, std::uint64_t bytes) {
  MutexLock lock(mutex_);
  status_.forms = forms;
  status_.bytes = bytes;
}

void ScrubReport::reading(const std::string& name) {
  MutexLock lock(mutex_);
  status_.reading = name;
}

void ScrubReport::read(std::uint64_t bytes) {
  MutexLock lock(mutex_);
  status_.bytes_read += bytes;
}

void ScrubReport::form_done(std::uint64_t bytes) {
  MutexLock lock(mutex_);
  status_.bytes_read = bytes;
  ++status_.forms_read;
}

void ScrubReport::could_not_read() {
  MutexLock lock(mutex_);
  ++status_.unread;
}

void ScrubReport::add(ScrubFinding finding) {
  log_error("scrub: {} {} is damaged ({}): {}; {}", finding.name, finding.sha256.hex(),
            to_string(finding.form), finding.text,
            finding.error.empty() ? to_string(finding.state) : finding.error);
  MutexLock lock(mutex_);
  ++status_.damaged;
  if (status_.findings.size() < kScrubFindings) status_.findings.push_back(std::move(finding));
}

void ScrubReport::settle(const Sha256& sha256, const Status& fetched) {
  log_info("scrub: {}: {}", sha256.hex(), fetched ? "fetched again" : fetched.error().message);
  MutexLock lock(mutex_);
  for (ScrubFinding& finding : status_.findings) {
    if (finding.sha256 != sha256 || finding.state != ScrubFinding::State::Fetching) continue;
    finding.state = fetched ? ScrubFinding::State::Fetched : ScrubFinding::State::Lost;
    if (!fetched) finding.error = fetched.error().message;
  }
}

ScrubStatus ScrubReport::status() const {
  MutexLock lock(mutex_);
  return status_;
}

}  // namespace stagecache::cache
