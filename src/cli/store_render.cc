#include "cli/store_render.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/render.h"
#include "stagecache/model/quantity.h"

namespace stagecache::cli {
namespace {

/// The digits of a SHA-256 that a table shows; enough for `show` and `rm`.
constexpr std::size_t kShortDigits = 12;

/// A terminal of today; wider tables wrap, and cannot be read.
constexpr std::size_t kColumns = 100;
constexpr std::size_t kLeastName = 20;

/// "2026-11-23" of "2026-11-23T15:28:00Z".
constexpr std::size_t kDateDigits = 10;

using Cells = std::vector<std::string>;

/// Names differ at their ends: "OpenJDK17U-...17.0.9_9.tar.gz".
std::string without_middle(const std::string& name, std::size_t width) {
  if (name.size() <= width) return name;
  const std::size_t tail = (width - 3) * 2 / 3;
  return name.substr(0, width - 3 - tail) + "..." + name.substr(name.size() - tail);
}

std::string form_of(const ArtifactRow& row) {
  if (row.forms.size() == 2) return "both";
  return row.forms.empty() ? "-" : printable(row.forms.front());
}

/// Whose word, in one; `show` says which checksum file.
std::string word_of(const ArtifactRow& row) {
  const bool published = row.strength.starts_with("published");
  return row.strength.empty() ? "-" : published ? "published" : printable(row.strength);
}

Cells cells_of(const ArtifactRow& row) {
  return {row.name.empty() ? "-" : printable(row.name),
          format_size(row.size),
          format_size(row.stored_bytes),
          form_of(row),
          row.pinned ? "yes" : "no",
          word_of(row),
          row.last_used.empty() ? "-" : printable(row.last_used.substr(0, kDateDigits)),
          printable(row.sha256.substr(0, kShortDigits))};
}

/// What the other columns leave for the name.
std::size_t name_width(const std::vector<Cells>& lines) {
  std::size_t others = 0;
  for (std::size_t i = 1; i < lines.front().size(); ++i) {
    std::size_t widest = 0;
    for (const Cells& cells : lines) widest = std::max(widest, cells[i].size());
    others += widest + 2;
  }
  return others + kLeastName > kColumns ? kLeastName : kColumns - others;
}

std::string plural(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

unsigned percent(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return 0;
  return static_cast<unsigned>(100.0 * static_cast<double>(part) / static_cast<double>(whole) +
                               0.5);
}

/// How it lies on the disk.
std::vector<Cells> disk_lines(const Stats& stats) {
  return {
      {"disk",
       fmt::format("{} with all metadata, {} % of the {} quota; {} reserved",
                   format_size(stats.used_bytes), percent(stats.used_bytes, stats.quota_bytes),
                   format_size(stats.quota_bytes), format_size(stats.reserved_bytes))},
      {"raw", format_size(stats.raw_bytes)},
      {"packed", fmt::format("{} of {}", format_size(stats.packed_bytes + stats.shared_bytes),
                             plural(stats.packed_artifacts, "artifact"))},
      {"shared", fmt::format("{} of that, needed by others", format_size(stats.shared_bytes))},
      {"pinned",
       fmt::format("{}, {}", plural(stats.pinned, "artifact"), format_size(stats.pinned_bytes))},
      {"evictions", fmt::format("{}", stats.evictions)},
  };
}

/// What was done since the daemon began.
std::vector<Cells> traffic_lines(const Stats& stats) {
  return {
      {"served", fmt::format("{}: {} ({} packed), {}, {}", format_size(stats.served_bytes),
                             plural(stats.hits, "hit"), stats.packed_hits,
                             stats.misses == 1 ? "1 miss" : fmt::format("{} misses", stats.misses),
                             plural(stats.follows, "follow"))},
      {"fetched", fmt::format("{}: {}, {} failed", format_size(stats.upstream_bytes),
                              plural(stats.fills, "fill"), stats.fill_failures)},
      {"packing",
       fmt::format("{}; {} done, {} failed, {}",
                   stats.packing.empty() ? "idle" : printable(stats.packing), stats.packs,
                   stats.pack_failures, plural(stats.promotions, "promotion"))},
      {"offline", stats.offline ? "yes" : "no"},
  };
}

}  // namespace

std::string artifact_table(const std::vector<ArtifactRow>& rows) {
  if (rows.empty()) return "no artifacts\n";
  std::vector<Cells> lines{
      {"NAME", "SIZE", "STORED", "FORM", "PIN", "DIGEST", "LAST USED", "SHA256"}};
  for (const ArtifactRow& row : rows) lines.push_back(cells_of(row));
  const std::size_t width = name_width(lines);
  for (Cells& cells : lines) cells.front() = without_middle(cells.front(), width);

  const std::vector<std::string> table = aligned(lines);
  std::string out = table.front() + "\n";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out += table[i + 1] + "\n";
    if (!rows[i].base.empty()) out += fmt::format("  packed against {}\n", printable(rows[i].base));
    if (rows[i].dependants > 0) out += fmt::format("  {} packed against it\n", rows[i].dependants);
  }
  return out;
}

std::string stats_text(const Stats& stats) {
  std::string out =
      fmt::format("{}, {} of downloads in {}\n\n", plural(stats.artifacts, "artifact"),
                  format_size(stats.logical_bytes),
                  format_size(stats.raw_bytes + stats.packed_bytes + stats.shared_bytes));
  auto lines = disk_lines(stats);
  std::ranges::move(traffic_lines(stats), std::back_inserter(lines));
  for (const std::string& line : aligned(lines)) out += line + "\n";
  if (!stats.budgets.empty()) out += "\n";
  for (const Stats::Budget& budget : stats.budgets)
    out += fmt::format("{}: {} of the {} a week used\n", printable(budget.host),
                       format_size(budget.used_bytes), format_size(budget.weekly_bytes));
  return out;
}

}  // namespace stagecache::cli
