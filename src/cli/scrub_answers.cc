#include "cli/scrub_answers.h"

#include <fmt/format.h>

#include "cli/json_parts.h"
#include "cli/render.h"
#include "stagecache/model/quantity.h"

namespace stagecache::cli {
namespace {

std::string became_of(const DamagedForm& damaged) {
  if (damaged.state == "kept") return "its other form is served";
  if (damaged.state == "fetched") return "fetched again";
  if (damaged.state == "fetching") return "being fetched again";
  return fmt::format("LOST: {}", printable(damaged.error.empty() ? "unknown why" : damaged.error));
}

}  // namespace

Result<ScrubAnswer> read_scrub(std::string_view text) {
  const auto object = object_in(text);
  if (!object) return std::unexpected(object.error());
  const std::string state = text_of(*object, "state");
  if (state != "running" && state != "idle") return strange("has a scrub in no known state");
  const auto count = [&](std::string_view key) { return number_of(*object, key).value_or(0); };
  ScrubAnswer scrub{.running = state == "running",
                    .started_at = text_of(*object, "started_at"),
                    .forms = count("forms"),
                    .forms_read = count("forms_read"),
                    .bytes = count("bytes"),
                    .bytes_read = count("bytes_read"),
                    .unread = count("unread"),
                    .reading = text_of(*object, "reading"),
                    .damaged = count("damaged"),
                    .broken_off = text_of(*object, "broken_off"),
                    .findings = {}};
  for (const boost::json::value& value : list_of(*object, "findings")) {
    if (!value.is_object()) continue;
    const boost::json::object& finding = value.as_object();
    scrub.findings.push_back({.sha256 = text_of(finding, "sha256"),
                              .name = text_of(finding, "name"),
                              .form = text_of(finding, "form"),
                              .text = text_of(finding, "text"),
                              .state = text_of(finding, "state"),
                              .error = text_of(finding, "error")});
  }
  return scrub;
}

std::string scrub_progress(const ScrubAnswer& scrub) {
  const double share =
      scrub.bytes == 0 ? 0
                       : static_cast<double>(scrub.bytes_read) / static_cast<double>(scrub.bytes);
  std::string out = fmt::format("scrub: {} of {} ({:.0f} %)", format_size(scrub.bytes_read),
                                format_size(scrub.bytes), 100 * (share < 1 ? share : 1));
  if (!scrub.reading.empty()) out += fmt::format(", reading {}", printable(scrub.reading));
  if (scrub.damaged > 0) out += fmt::format(", {} damaged", scrub.damaged);
  return out;
}

std::string damage_line(const DamagedForm& damaged) {
  return fmt::format("damaged {} sha256 {} ({}): {}; {}", printable(damaged.name),
                     printable(damaged.sha256), printable(damaged.form), printable(damaged.text),
                     became_of(damaged));
}

std::string scrub_outcome(const ScrubAnswer& scrub) {
  std::string out = fmt::format("{} form{} read, {}: ", scrub.forms_read,
                                scrub.forms_read == 1 ? "" : "s", format_size(scrub.bytes_read));
  if (is_well(scrub)) return out + "all as they were stored";
  out += scrub.damaged == 0 ? "none damaged" : fmt::format("{} damaged", scrub.damaged);
  if (scrub.unread > 0) out += fmt::format(", {} could not be read", scrub.unread);
  if (scrub.damaged > scrub.findings.size())
    out += fmt::format(" (the first {} are named)", scrub.findings.size());
  if (!scrub.broken_off.empty())
    out += fmt::format("; broken off: {}", printable(scrub.broken_off));
  return out;
}

bool is_well(const ScrubAnswer& scrub) {
  return scrub.damaged == 0 && scrub.unread == 0 && scrub.broken_off.empty();
}

}  // namespace stagecache::cli
