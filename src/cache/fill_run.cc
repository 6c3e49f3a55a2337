// How the bytes of a download come in: asked for, taken up where an earlier run
// was, hashed, stored.

#include <fmt/format.h>

#include <algorithm>

#include "download.h"
#include "failure_notes.h"
#include "stagecache/base/log.h"
#include "stagecache/model/shown.h"

namespace stagecache::cache {
namespace {

constexpr std::chrono::milliseconds kDiskFullRetry{250};

}  // namespace

void Fill::run(std::stop_token stop) {
  ++context_.counters.fills_running;
  Download download(*this, stop);
  const Status done = download.execute();
  --context_.counters.fills_running;
  if (done) return;
  log_warn("fill {} failed: {}", shown(order_.key), done.error().message);
  note_failure(context_, order_, done.error(), download.retry_after());
  fail(done.error());
  // Counted last: whoever sees the count can no longer join what failed.
  ++context_.counters.fill_failures;
}

Status Fill::Download::execute() {
  if (stop_.stop_requested()) return stagecache::fail(ErrorCode::Cancelled, "stopping");
  ++context_.counters.fills;
  log_info("fill {} begins{}", shown(order_.key), order_.resumes ? " again where it was" : "");
  if (order_.resumes) RETURN_IF_ERROR(take_up(*order_.resumes));

  upstream::FetchRequest request{.url = order_.url,
                                 .headers = order_.headers,
                                 .offset = received_,
                                 .validators = validators_,
                                 .expected_size = size_,
                                 .digest_known = order_.declared.has_value()};
  if (order_.stored && received_ == 0) {
    request.validators = order_.stored->validators;
    request.conditional = true;
    request.hurried = order_.hurried;
  }
  if (auto place = Url::parse(request.validators.place)) request.held_from = *std::move(place);
  // A crash between the last byte and the commit leaves nothing to ask for.
  const bool whole = received_ > 0 && size_ == received_;
  auto done = whole ? Status() : context_.upstream.fetcher().fetch(request, *this, stop_);
  if (done && unchanged_) return {};
  if (done) done = finish();
  if (!done) clean_up(done.error().code);
  return done;
}

/// Goes on with a fill of an earlier run: its bytes are served at once, while the
/// state of the digest is computed again from them. One that has none, or cannot be
/// gone on with, is begun anew.
Status Fill::Download::take_up(const store::FillRecord& record) {
  auto filling = context_.store.resume_fill(record);
  while (!filling && filling.error().code == ErrorCode::NoSpace && context_.drop_idle_fill())
    filling = context_.store.resume_fill(record);
  // Nothing can be written now, nor dropped; the bytes stay for when it can.
  if (!filling && filling.error().code == ErrorCode::DiskFull) return {};
  if (!filling) return context_.store.drop_fill(record.id);
  validators_ = record.validators;
  if (!resumable() || (*filling)->size() == 0) {
    validators_ = {};
    return (*filling)->drop();
  }
  filling_ = *std::move(filling);
  ++context_.counters.fills_resumed;
  size_ = record.size;
  content_type_ = record.content_type;
  terms_ = {.lifetime_s = record.lifetime_s,
            .initial_age_s = record.initial_age_s,
            .stale_forbidden = record.stale_forbidden,
            .vary = record.vary,
            .cache_control = record.cache_control};
  received_ = filling_->size();
  publish_head();
  return rehash(received_);
}

Status Fill::Download::rehash(std::uint64_t stored) {
  for (std::uint64_t offset = 0; offset < stored;) {
    if (stop_.stop_requested()) return stagecache::fail(ErrorCode::Cancelled, "stopping");
    const auto slice = filling_->read(offset);
    if (!slice) {
      clean_up(ErrorCode::Corrupt);
      return std::unexpected(slice.error());
    }
    sha256_.update(slice->bytes());
    sha512_.update(slice->bytes());
    offset += slice->size();
  }
  return {};
}

Status Fill::Download::on_head(const upstream::ResponseHead& head) {
  if (head.status == 304) return note_unchanged(head);
  if (received_ > 0) {  // A resume: followers know the head already.
    ask_for_published();
    return {};
  }
  validators_ = head.validators();
  if (head.asked != order_.url) validators_.place = head.asked.to_string();
  size_ = head.total_size;
  terms_ = terms_of(head.headers, order_.headers, context_.clock.wall());
  if (const auto type = find_header(head.headers, "Content-Type")) content_type_ = *type;
  if (must_keep_pinned()) {
    mode_ = Mode::Compare;
    {
      MutexLock lock(fill_.mutex_);
      fill_.comparing_ = true;
    }
    serve_stored();
    return {};
  }
  RETURN_IF_ERROR(open_storage(head));
  ask_for_published();
  publish_head();
  return {};
}

void Fill::Download::publish_head() {
  {
    MutexLock lock(fill_.mutex_);
    fill_.filling_ = filling_;
  }
  Headers vary = terms_.vary;
  // Of an answer that nobody else may have: no request is like the one that got it.
  if (!terms_.may_store && !order_.declared) vary = {{"*", ""}};
  fill_.publish_head(
      {.validators = validators_,
       .size = size_,
       .content_type = content_type_,
       .vary = order_.declared ? Headers{} : std::move(vary),
       .caching = fields_for_caches(terms_.cache_control, terms_.lifetime_s, terms_.vary),
       .initial_age_s = terms_.initial_age_s,
       .at = context_.clock.wall()});
}

Status Fill::Download::open_storage(const upstream::ResponseHead& head) {
  if (order_.unshared) return {};
  if (!terms_.may_store && !order_.declared) {
    if (order_.warmed)
      return stagecache::fail(
          ErrorCode::Unavailable,
          fmt::format("{} says that it may not be stored (Cache-Control: no-store or "
                      "private, or Vary: *); declare its sha256 to store it all the same",
                      head.url.host));
    return {};
  }
  auto filling = begin_filling(size_);
  if (!filling && filling.error().code != ErrorCode::NoSpace &&
      filling.error().code != ErrorCode::DiskFull)
    return error_of(std::move(filling));
  if (!filling) {
    if (order_.warmed) return error_of(std::move(filling));
    log_warn("fill {} passes through unstored: {}", shown(order_.key), filling.error().message);
    return {};
  }
  filling_ = *std::move(filling);
  return {};
}

Result<std::unique_ptr<store::Filling>> Fill::Download::begin_filling(
    std::optional<std::uint64_t> size) {
  store::FillRecord record{.source_key = order_.key,
                           .url = order_.url.to_string(),
                           .declared = order_.declared,
                           .warmed = order_.warmed,
                           .pin = order_.pin,
                           .headers = order_.headers,
                           .validators = validators_,
                           .content_type = content_type_,
                           .lifetime_s = terms_.lifetime_s,
                           .initial_age_s = terms_.initial_age_s,
                           .stale_forbidden = terms_.stale_forbidden,
                           .vary = terms_.vary,
                           .cache_control = terms_.cache_control};
  for (;;) {
    auto filling = context_.store.begin_fill(record, size);
    // Unfinished fills that nobody works on hold quota, too.
    if (filling || filling.error().code != ErrorCode::NoSpace || !context_.drop_idle_fill())
      return filling;
  }
}

Status Fill::Download::on_body(std::span<const std::byte> bytes) {
  sha256_.update(bytes);
  sha512_.update(bytes);
  if (md5_) md5_->update(bytes);
  if (sha1_) sha1_->update(bytes);
  received_ += bytes.size();
  if (mode_ == Mode::Compare) return {};
  if (filling_) {
    auto appended = filling_->append(bytes);
    if (!appended && appended.error().code == ErrorCode::DiskFull)
      appended = retry_while_full([this] { return filling_->append({}); });
    RETURN_IF_ERROR(std::move(appended));
  } else {
    RETURN_IF_ERROR(fill_.append_to_window(bytes, stop_));
  }
  fill_.publish_bytes();
  return {};
}

/// The disk is full, and the bytes are safe in memory: tries again until there is
/// room, or it took too long.
Status Fill::Download::retry_while_full(const std::function<Status()>& write) {
  log_warn("fill {} waits: the disk is full", shown(order_.key));
  const SteadyTime deadline = context_.clock.steady() + context_.options.disk_full_wait;
  const std::stop_callback wake(stop_, [this] { fill_.wake_all(); });
  for (;;) {
    {
      MutexLock lock(fill_.mutex_);
      if (!stop_.stop_requested()) fill_.changed_.wait_for(fill_.mutex_, kDiskFullRetry);
    }
    if (stop_.stop_requested()) return stagecache::fail(ErrorCode::Cancelled, "stopping");
    auto written = write();
    if (written || written.error().code != ErrorCode::DiskFull) return written;
    if (context_.clock.steady() >= deadline) return written;
  }
}

}  // namespace stagecache::cache
