#include "upstream/answer_receiver.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace stagecache::upstream {
namespace {

constexpr RetryHint kPointless{.worth = false, .after = std::nullopt};
const SystemClock kClock;  // For Retry-After dates only.

}  // namespace

Receiver::Next AnswerReceiver::on_head(RawHead head) {
  status_ = head.status;
  auto answer = read_answer(request_, head, kClock);
  if (!answer) return refuse(std::move(answer).error());
  answer_ = *std::move(answer);
  answer_->head.asked = request_.url;

  switch (answer_->kind) {
    case Answer::Kind::Redirect: return Next::Stop;
    case Answer::Kind::NoBody: take(sink_.on_head(answer_->head)); return Next::Stop;
    case Answer::Kind::Body: return take(sink_.on_head(answer_->head));
  }
  return Next::Stop;
}

Receiver::Next AnswerReceiver::on_body(std::span<const std::byte> bytes) {
  counters_.bytes += bytes.size();
  meter_.received(bytes.size());
  const std::uint64_t begin = std::exchange(received_, received_ + bytes.size());
  if (auto excess = too_long()) return refuse(*std::move(excess));

  const std::uint64_t skip = answer_->skip > begin ? answer_->skip - begin : 0;
  if (skip >= bytes.size()) return Next::GoOn;
  return take(sink_.on_body(bytes.subspan(skip)));
}

bool AnswerReceiver::has_all() const {
  return answer_ && answer_->length && received_ >= *answer_->length;
}

/// What has come is more than this answer, or the body as we know it, may hold.
std::optional<Failure> AnswerReceiver::too_long() const {
  if (answer_->length && received_ > *answer_->length)
    return Failure{{ErrorCode::Unavailable,
                    fmt::format("sent more than the {} bytes it promised", *answer_->length)},
                   kPointless};
  const auto total = answer_->head.total_size;
  const std::uint64_t reached = request_.offset - answer_->skip + received_;
  if (total && reached > *total)
    return Failure{
        {ErrorCode::Changed, fmt::format("sent more than the {} bytes it had before", *total)},
        kPointless};
  return std::nullopt;
}

Receiver::Next AnswerReceiver::take(Status sink_said) {
  if (sink_said) return Next::GoOn;
  return refuse({std::move(sink_said).error(), kPointless, Failure::Of::Sink});
}

Receiver::Next AnswerReceiver::refuse(Failure failure) {
  failure_ = std::move(failure);
  return Next::Stop;
}

std::expected<std::optional<std::string>, Failure> AnswerReceiver::result() const {
  if (failure_) return std::unexpected(*failure_);
  if (!answer_) return failure(ErrorCode::Unavailable, "ended the connection without an answer");
  if (answer_->kind == Answer::Kind::Redirect) return answer_->location;
  if (answer_->kind == Answer::Kind::NoBody) return std::nullopt;

  const auto total = answer_->head.total_size;
  const std::uint64_t end = request_.offset - answer_->skip + received_;
  if (answer_->length && received_ < *answer_->length)
    return failure(ErrorCode::Unavailable,
                   fmt::format("ended after {} of {} bytes", received_, *answer_->length));
  if (received_ < answer_->skip || (total && end < *total))
    return failure(ErrorCode::Unavailable,
                   fmt::format("ended at byte {} of {}", end, total.value_or(answer_->skip)));
  return std::nullopt;
}

}  // namespace stagecache::upstream
