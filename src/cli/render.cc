#include "cli/render.h"

#include <fmt/format.h>

#include <algorithm>

#include "stagecache/model/quantity.h"

namespace stagecache::cli {
namespace {

/// Below this a bar says nothing that the percentage does not.
constexpr std::size_t kLeastBar = 10;
constexpr std::size_t kWidestBar = 40;
constexpr std::size_t kWidestName = 40;

/// "1023.9 MiB of 1023.9 MiB  100 %": kept free, so that the bar does not jump.
constexpr std::size_t kRightOfTheBar = 31;

unsigned percent(const Item& item) {
  if (!item.size || *item.size == 0) return 0;
  const double share = static_cast<double>(item.received) / static_cast<double>(*item.size);
  return static_cast<unsigned>(std::clamp(share, 0.0, 1.0) * 100);
}

std::string amount(const Item& item) {
  if (!item.size) return format_size(item.received);
  return fmt::format("{} of {}", format_size(item.received), format_size(*item.size));
}

std::string shortened(std::string text, std::size_t width) {
  if (text.size() <= width) return text;
  if (width <= 3) return text.substr(0, width);
  return text.substr(0, width - 3) + "...";
}

std::string bar(unsigned percent_done, std::size_t width) {
  const std::size_t full = width * percent_done / 100;
  return "[" + std::string(full, '#') + std::string(width - full, '-') + "]";
}

std::string right_of_the_bar(const Item& item) {
  switch (item.state) {
    case Item::State::Queued: return "queued";
    case Item::State::Filling:
      return item.size ? fmt::format("{}  {} %", amount(item), percent(item)) : amount(item);
    case Item::State::Verifying: return "verifying";
    case Item::State::Ready:
      return fmt::format("ready, {}", format_size(item.size.value_or(item.received)));
    case Item::State::Failed: return "failed";
  }
  return "";
}

bool ended(const Item& item) {
  return item.state == Item::State::Ready || item.state == Item::State::Failed;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return out;
}

std::string short_name(const Item& item) {
  std::string_view path = std::string_view(item.url).substr(0, item.url.find('?'));
  const std::size_t slash = path.rfind('/');
  const std::string_view name = slash == path.npos ? path : path.substr(slash + 1);
  return printable(name.empty() ? std::string_view(item.url) : name);
}

std::string bar_line(const Item& item, std::size_t columns) {
  const std::size_t name_width = std::min(kWidestName, columns / 3);
  const std::string left =
      fmt::format("{:<{}}  ", shortened(short_name(item), name_width), name_width);
  const std::string right = right_of_the_bar(item);
  const std::size_t taken = left.size() + 4 + std::max(right.size(), kRightOfTheBar);
  if (columns < taken + kLeastBar) return shortened(left + right, columns);
  const bool all_here = item.state == Item::State::Ready || item.state == Item::State::Verifying;
  const std::size_t width = std::min(kWidestBar, columns - taken);
  return left + bar(all_here ? 100 : percent(item), width) + "  " + right;
}

std::vector<std::string> bars(const Job& job, TerminalSize size) {
  // One row stays free for the cursor, and the last column: some terminals wrap there.
  const std::size_t rows = std::max<std::size_t>(size.rows, 3) - 1;
  const std::size_t columns = std::max<std::size_t>(size.columns, 2) - 1;
  const bool all_fit = job.items.size() <= rows;
  std::vector<const Item*> items, behind;
  for (const Item& item : job.items) (all_fit || !ended(item) ? items : behind).push_back(&item);
  items.insert(items.end(), behind.begin(), behind.end());

  const std::size_t shown = all_fit ? items.size() : rows - 1;
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < shown; ++i) lines.push_back(bar_line(*items[i], columns));
  if (!all_fit) {
    const auto done = std::ranges::count_if(job.items, ended);
    lines.push_back(shortened(fmt::format("... {} items, {} ended", items.size(), done), columns));
  }
  return lines;
}

std::string state_line(const Item& item) {
  const std::string what = fmt::format("{} {}", to_string(item.state), short_name(item));
  if (item.state != Item::State::Filling) return what;
  if (!item.size) return fmt::format("{}: {}", what, amount(item));
  return fmt::format("{}: {} ({} %)", what, amount(item), percent(item));
}

std::string outcome(const Item& item) {
  std::string out;
  switch (item.state) {
    case Item::State::Ready:
      out = fmt::format("ready {} {} sha256 {}{}\n", short_name(item),
                        format_size(item.size.value_or(item.received)), printable(item.sha256),
                        item.strength.empty() ? "" : " (" + printable(item.strength) + ")");
      break;
    case Item::State::Failed:
      out = fmt::format("failed {}: {}\n", printable(item.url), printable(item.error));
      break;
    default: out = fmt::format("{} {}\n", to_string(item.state), printable(item.url));
  }
  for (const Finding& finding : item.findings) out += finding_lines("  ", finding);
  return out;
}

std::string finding_lines(std::string_view where, const Finding& finding) {
  std::string place(where);
  const bool in_a_file = !where.ends_with(" ");
  if (in_a_file) place += fmt::format(":{}:{}: ", finding.line, finding.column);
  else if (finding.line > 0) place += fmt::format("line {}: ", finding.line);
  std::string out = fmt::format("{}{}: {}\n", place, stagecache::to_string(finding.severity),
                                printable(finding.text));
  if (!finding.fix.empty()) out += fmt::format("    fix: {}\n", printable(finding.fix));
  return out;
}

std::vector<std::string> aligned(const std::vector<std::vector<std::string>>& lines) {
  std::vector<std::size_t> widths;
  for (const auto& cells : lines) {
    widths.resize(std::max(widths.size(), cells.size()));
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  std::vector<std::string> out;
  for (const auto& cells : lines) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i)
      line += i + 1 < cells.size() ? fmt::format("{:<{}}  ", cells[i], widths[i]) : cells[i];
    out.push_back(std::move(line));
  }
  return out;
}

}  // namespace stagecache::cli
