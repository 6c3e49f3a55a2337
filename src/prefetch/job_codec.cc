#include "job_codec.h"

#include <fmt/format.h>

#include <vector>

#include "stagecache/model/url.h"

namespace stagecache::prefetch {
namespace {

constexpr std::string_view kHeader = "stagecache-job 1";

std::string_view state_text(ItemStatus::State state) {
  if (state == ItemStatus::State::Ready) return "ready";
  if (state == ItemStatus::State::Failed) return "failed";
  return "queued";
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || c == '%') out += fmt::format("%{:02X}", byte);
    else out += c;
  }
  return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

Result<ItemStatus> decode_item(std::string_view line) {
  const auto fields = split(line, '\t');
  if (fields.size() != 4) return fail(ErrorCode::Corrupt, "a job's item has not four fields");
  ItemStatus item;
  if (fields[0] == "ready") item.state = ItemStatus::State::Ready;
  else if (fields[0] == "failed") item.state = ItemStatus::State::Failed;
  else if (fields[0] != "queued") return fail(ErrorCode::Corrupt, "a job's item in no known state");
  if (fields[1] != "pin" && fields[1] != "keep")
    return fail(ErrorCode::Corrupt, "a job's item is neither to be pinned nor only kept");
  item.item.pin = fields[1] == "pin";
  if (fields[2] != "-") {
    const auto sha256 = Sha256::parse(fields[2]);
    if (!sha256) return fail(ErrorCode::Corrupt, sha256.error().message);
    item.item.sha256 = *sha256;
  }
  item.item.url = percent_decoded(fields[3]);
  return item;
}

}  // namespace

std::string encode(const JobStatus& job) {
  std::string text(kHeader);
  for (const ItemStatus& item : job.items)
    text += fmt::format("\n{}\t{}\t{}\t{}", state_text(item.state), item.item.pin ? "pin" : "keep",
                        item.item.sha256 ? item.item.sha256->hex() : "-", escaped(item.item.url));
  return text;
}

Result<JobStatus> decode_job(std::string_view id, std::string_view text) {
  const auto lines = split(text, '\n');
  if (lines.front() != kHeader) return fail(ErrorCode::Corrupt, "a job of an unknown version");
  JobStatus job{.id = std::string(id)};
  for (std::size_t i = 1; i < lines.size(); ++i) {
    auto item = decode_item(lines[i]);
    if (!item) return error_of(std::move(item));
    job.items.push_back(*std::move(item));
  }
  return job;
}

}  // namespace stagecache::prefetch
