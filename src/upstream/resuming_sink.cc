#include "upstream/resuming_sink.h"

#include <utility>

#include "upstream/wording.h"

namespace stagecache::upstream {

Status ResumingSink::on_head(const ResponseHead& head) {
  if (first_) {
    RETURN_IF_ERROR(same_as_first(head));
    // From now on it is this place that is asked for more, by its own validators.
    if (first_->asked != head.asked) first_->headers = head.headers;
    first_->asked = head.asked;
    first_->url = head.url;
    if (!first_->total_size) first_->total_size = head.total_size;
    return {};
  }
  first_ = head;
  return WatchedSink::on_head(head);
}

Status ResumingSink::on_body(std::span<const std::byte> bytes) {
  RETURN_IF_ERROR(WatchedSink::on_body(bytes));
  reached_ += bytes.size();
  return {};
}

/// Nothing but the head may have come before; then nobody has compared yet.
Status ResumingSink::same_as_first(const ResponseHead& head) const {
  const bool size_fits =
      !first_->total_size || !head.total_size || first_->total_size == head.total_size;
  const bool same_kind = first_->status == head.status;
  const bool same_etag =
      request_.digest_known || has_part() || first_->validators().etag == head.validators().etag;
  if (size_fits && same_kind && same_etag) return {};
  return fail(ErrorCode::Changed, printable(head.url) + ": another body than at the first try");
}

bool ResumingSink::resumable() const {
  return reached_ == 0 || request_.digest_known || rest().validators.strong();
}

FetchRequest ResumingSink::rest() const {
  FetchRequest rest = request_;
  if (!first_) return rest;
  rest.offset = reached_;
  rest.conditional = false;
  rest.held_from = first_->asked;
  const Validators seen = first_->validators();
  const bool same_place = request_.held_from.value_or(request_.url) == first_->asked;
  if (seen != Validators{} || !same_place) rest.validators = seen;
  if (first_->total_size) rest.expected_size = first_->total_size;
  return rest;
}

}  // namespace stagecache::upstream
