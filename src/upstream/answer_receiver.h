#pragma once
//
// AnswerReceiver hands one hop's answer to the Sink by the rules of answer.h, and
// holds the body against the length that was promised. One thread.

#include <optional>
#include <string>

#include "upstream/host_budgets.h"
#include "upstream/shared_counters.h"
#include "upstream/transfer.h"

namespace stagecache::upstream {

class AnswerReceiver final : public Receiver {
 public:
  AnswerReceiver(const FetchRequest& request, Sink& sink, SharedCounters& counters,
                 HostBudgets::Meter& meter)
      : request_(request), sink_(sink), counters_(counters), meter_(meter) {}

  Next on_head(RawHead head) override;
  Next on_body(std::span<const std::byte> bytes) override;
  bool has_all() const override;

  /// Of the final head; 0 before it.
  int status() const { return status_; }
  /// What became of the answer once the transfer has ended without a failure of
  /// its own: a Location to ask next, or none when the body came whole.
  std::expected<std::optional<std::string>, Failure> result() const;

 private:
  Next take(Status sink_said);
  Next refuse(Failure failure);
  std::optional<Failure> too_long() const;

  const FetchRequest& request_;
  Sink& sink_;
  SharedCounters& counters_;
  HostBudgets::Meter& meter_;

  int status_ = 0;
  std::optional<Answer> answer_;
  std::uint64_t received_ = 0;  // Body bytes of this answer, skipped ones included.
  std::optional<Failure> failure_;
};

}  // namespace stagecache::upstream
