#include "failure_notes.h"

#include <fmt/format.h>

#include "stagecache/model/shown.h"

namespace stagecache::cache {
namespace {

Failures::Name name_of(const FillOrder& order) {
  return {.source_key = order.key, .declared = order.declared};
}

}  // namespace

Error wrong_digest(const Url& url, const Sha256& got, const Sha256& declared) {
  return {ErrorCode::Corrupt,
          fmt::format("{} has the sha256 {}, declared is {}; check the declared one", shown(url),
                      got.hex(), declared.hex())};
}

void note_failure(CacheContext& context, const FillOrder& order, const Error& error,
                  std::optional<std::chrono::seconds> retry_after) {
  if (order.unshared || error.code == ErrorCode::Cancelled || context.upstream.offline()) return;
  const WallTime wall = context.clock.wall();
  const auto news = context.failures.note(
      name_of(order),
      {.error = error, .fields = asker_of(order.headers).fields, .retry_after = retry_after},
      {.wall = wall, .steady = context.clock.steady()});
  if (news == Failures::News::SameAsBefore) return;  // It would only push out what is older.
  context.store.append_ledger({.time = wall,
                               .event = store::LedgerEvent::Failed,
                               .source_key = order.key,
                               .url = order.url.to_string(),
                               .detail = error.message});
}

void note_success(CacheContext& context, const FillOrder& order) {
  if (!order.unshared) context.failures.forget(name_of(order));
}

std::optional<Error> remembered_failure(const CacheContext& context, const FillOrder& order) {
  if (order.unshared || order.warmed || order.resumes) return std::nullopt;
  const auto known =
      context.failures.refusal(name_of(order), asker_of(order.headers), context.clock.steady());
  if (!known) return std::nullopt;
  return known->error;
}

}  // namespace stagecache::cache
