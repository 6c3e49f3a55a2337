#include "cli/why_answers.h"

#include <fmt/format.h>

#include "cli/json_parts.h"
#include "cli/render.h"
#include "stagecache/model/quantity.h"

namespace stagecache::cli {
namespace {

namespace json = boost::json;

std::vector<LedgerRow> rows_in(const json::array& entries) {
  std::vector<LedgerRow> rows;
  for (const json::value& value : entries) {
    if (!value.is_object()) continue;
    const json::object& entry = value.as_object();
    rows.push_back({.time = text_of(entry, "time"),
                    .event = text_of(entry, "event"),
                    .url = text_of(entry, "url"),
                    .sha256 = text_of(entry, "sha256"),
                    .strength = text_of(entry, "strength"),
                    .detail = text_of(entry, "detail")});
  }
  return rows;
}

std::string ledger_line(const LedgerRow& row) {
  std::string line = fmt::format("{} {} {}", row.time, row.event, row.url);
  if (!row.sha256.empty()) line += fmt::format(" sha256 {} ({})", row.sha256, row.strength);
  if (!row.detail.empty()) line += fmt::format(": {}", row.detail);
  return printable(line) + "\n";
}

std::string stored_text(const WhyAnswer& answer) {
  if (answer.sha256.empty()) return answer.state;
  return fmt::format("{}, {}, {}, sha256 {}{}", format_size(answer.size.value_or(0)),
                     answer.pinned ? "pinned" : "not pinned",
                     answer.fresh ? "good" : "to be asked for again", answer.sha256,
                     answer.strength.empty() ? "" : " (" + answer.strength + ")");
}

void line(std::string& out, std::string_view what, std::string_view text) {
  if (!text.empty()) out += fmt::format("{:<10} {}\n", what, printable(text));
}

}  // namespace

Result<WhyAnswer> read_why(std::string_view text) {
  const auto object = object_in(text);
  if (!object || !object->if_contains("served_offline")) return strange("is not a stagecache's");
  const json::object &failure = object_of(*object, "failure"),
                     &filling = object_of(*object, "filling");
  WhyAnswer answer{.url = text_of(*object, "url"),
                   .source = text_of(*object, "source"),
                   .asks_this_cache = text_of(*object, "asks") == "this cache",
                   .declared = text_of(*object, "declared"),
                   .denied = text_of(*object, "denied"),
                   .state = text_of(*object, "state"),
                   .sha256 = text_of(*object, "sha256"),
                   .strength = text_of(*object, "strength"),
                   .validated_at = text_of(*object, "validated_at"),
                   .size = number_of(*object, "size"),
                   .pinned = flag_of(*object, "pinned"),
                   .fresh = flag_of(*object, "fresh"),
                   .filled_bytes = number_of(filling, "received"),
                   .filling_size = number_of(filling, "size"),
                   .failure = text_of(failure, "message"),
                   .failed_at = text_of(failure, "at"),
                   .failures = number_of(failure, "times").value_or(0),
                   .next_try_s = number_of(failure, "next_try_s").value_or(0),
                   .offline = flag_of(*object, "offline"),
                   .served_offline = flag_of(*object, "served_offline"),
                   .ledger = rows_in(list_of(*object, "ledger")),
                   .advice = {}};
  for (const json::value& advice : list_of(*object, "advice"))
    if (advice.is_string()) answer.advice.emplace_back(advice.as_string());
  return answer;
}

Result<std::vector<LedgerRow>> read_ledger(std::string_view text) {
  const auto object = object_in(text);
  if (!object || !object->if_contains("entries")) return strange("is not a stagecache's");
  return rows_in(list_of(*object, "entries"));
}

Result<std::string> ledger_json_lines(std::string_view text) {
  const auto object = object_in(text);
  if (!object || !object->if_contains("entries")) return strange("is not a stagecache's");
  std::string lines;
  for (const json::value& entry : list_of(*object, "entries"))
    lines += json::serialize(entry) + "\n";
  return lines;
}

std::string why_text(const WhyAnswer& answer) {
  std::string out;
  line(out, "url", answer.url);
  line(out, "source", answer.source);
  line(out, "declared", answer.declared.empty() ? "" : "sha256 " + answer.declared);
  if (!answer.url.empty())
    line(out, "allowed", answer.denied.empty() ? "yes" : "no: " + answer.denied);
  line(out, "stored", stored_text(answer));
  line(out, "validated", answer.sha256.empty() ? "" : answer.validated_at);
  if (answer.filled_bytes)
    line(out, "filling",
         fmt::format("{} of {}", format_size(*answer.filled_bytes),
                     answer.filling_size ? format_size(*answer.filling_size) : "an unknown size"));
  if (!answer.failure.empty())
    line(out, "failed",
         fmt::format("{} ({} in a row): {}", answer.failed_at, answer.failures, answer.failure));
  if (answer.next_try_s > 0) line(out, "next try", fmt::format("in {} s", answer.next_try_s));
  line(out, "offline", answer.served_offline ? "would be served" : "would not be served");
  for (const LedgerRow& row : answer.ledger) out += "ledger     " + ledger_line(row);
  for (const std::string& advice : answer.advice) line(out, "to do", advice);
  return out;
}

std::string ledger_text(const std::vector<LedgerRow>& rows) {
  std::string out;
  for (const LedgerRow& row : rows) out += ledger_line(row);
  return out.empty() ? "no entries\n" : out;
}

}  // namespace stagecache::cli
