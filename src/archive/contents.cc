#include "contents.h"

#include <fmt/format.h>

#include <algorithm>

namespace stagecache::archive {
namespace {

constexpr std::string_view kJava = "bin/java";
constexpr std::string_view kSparkSubmit = "bin/spark-submit";

/// Takes the first component off `rest`.
std::string_view next_component(std::string_view& rest) {
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view component = rest.substr(0, slash);
  rest.remove_prefix(std::min(slash + 1, rest.size()));
  return component;
}

std::string_view parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

bool has_dot_dot(std::string_view path) {
  while (!path.empty())
    if (next_component(path) == "..") return true;
  return false;
}

void add_tally(std::uint64_t count, std::string_view first, std::string_view what,
               Findings& findings) {
  if (count == 0) return;
  findings.push_back({.severity = Severity::Error,
                      .text = fmt::format("{} {} outside the folder that the archive is extracted "
                                          "into; the first is {}",
                                          count, what, first),
                      .fix = "use an archive whose publisher you trust"});
}

std::string spark_fix(std::string_view path, std::string_view raw_path) {
  if (path == kSparkSubmit) return "repack it with everything in one top folder";
  if (raw_path.starts_with("./") && normalise(strip_one_component(path)) == kSparkSubmit)
    return "repack it without \"./\" before the names: tar strips that in place of the top folder";
  return "use Spark's own binary distribution (spark-<version>-bin-hadoop3.tgz)";
}

}  // namespace

std::string normalise(std::string_view path) {
  std::string normal;
  while (!path.empty()) {
    const std::string_view component = next_component(path);
    if (component.empty() || component == ".") continue;
    if (!normal.empty()) normal += '/';
    normal += component;
  }
  return normal;
}

std::string_view strip_one_component(std::string_view raw_path) {
  const auto skip_slashes = [&] {
    raw_path.remove_prefix(std::min(raw_path.find_first_not_of('/'), raw_path.size()));
  };
  skip_slashes();
  next_component(raw_path);
  skip_slashes();
  return raw_path;
}

bool escapes(std::string_view base, std::string_view path) {
  if (path.starts_with('/')) return true;
  std::ptrdiff_t depth = 0;
  for (std::string_view rest : {base, path}) {
    while (!rest.empty()) {
      const std::string_view component = next_component(rest);
      if (component.empty() || component == ".") continue;
      depth += component == ".." ? -1 : 1;
      if (depth < 0) return true;
    }
  }
  return false;
}

std::string shown(std::string_view text) {
  std::string result(text.substr(0, kMaxShownBytes));
  for (char& c : result)
    if (c < 0x20 || c > 0x7E) c = '?';
  return result;
}

void Contents::Tally::add(std::string_view path) {
  if (count++ == 0) first = shown(path);
}

void Contents::add(const Entry& entry) {
  const std::string path = normalise(entry.path);
  note_escape(entry);
  if (path.empty()) return;  // "./", the root itself.
  note_top(entry, path);
  note_program(entry, path, kJava, java_);
  note_program(entry, path, kSparkSubmit, spark_submit_);
}

void Contents::note_top(const Entry& entry, std::string_view path) {
  const std::size_t slash = path.find('/');
  const bool in_a_folder = slash != std::string_view::npos || entry.type == Entry::Type::Folder;
  const std::string_view folder = in_a_folder ? path.substr(0, slash) : std::string_view();
  if (!top_) top_ = folder;
  if (*top_ != folder) top_ = "";
}

void Contents::note_program(const Entry& entry, std::string_view path, std::string_view name,
                            Program& program) {
  if (entry.type == Entry::Type::Folder || !path.ends_with(name)) return;
  const std::string_view before = path.substr(0, path.size() - name.size());
  if (!before.empty() && !before.ends_with('/')) return;

  const auto depth = static_cast<std::size_t>(std::ranges::count(before, '/'));
  if (!program.path.empty() && program.depth <= depth) return;
  program = {.path = std::string(path), .raw_path = std::string(entry.path), .depth = depth};
}

void Contents::note_escape(const Entry& entry) {
  // tar refuses ".." even where it would stay inside.
  if (entry.path.starts_with('/') || has_dot_dot(entry.path)) escaping_paths_.add(entry.path);

  const bool symbolic = entry.type == Entry::Type::SymbolicLink;
  if (!symbolic && entry.type != Entry::Type::HardLink) return;
  // A hard link is named from the archive's root, a symbolic one from its folder.
  const std::string folder = symbolic ? normalise(parent_of(entry.path)) : std::string();
  if (escapes(folder, entry.link_target))
    escaping_links_.add(fmt::format("{} -> {}", shown(entry.path), shown(entry.link_target)));
}

void Contents::describe(Packing packing, ArchiveSummary& summary) const {
  summary.top_folder = shown(top_.value_or(""));
  summary.java_path = shown(java_.path);
  summary.spark_submit_path = shown(spark_submit_.path);
  Findings& findings = summary.findings;

  add_escapes(findings);
  if (!spark_submit_.path.empty()) {
    add_spark_shape(summary, findings);
  } else if (!java_.path.empty()) {
    add_java_shape(summary, findings);
  } else {
    findings.push_back({.severity = Severity::Note,
                        .text = "the archive has neither bin/java nor bin/spark-submit: it is "
                                "nothing for spark_runtime.txt",
                        .fix = ""});
    return;
  }
  if (packing == Packing::Gzip) return;
  findings.push_back({.severity = Severity::Warning,
                      .text = "the tar is not packed with gzip, once: the PySpark buildpack's "
                              "tar -xzf fails on it",
                      .fix = "repack it with tar -czf"});
}

void Contents::add_escapes(Findings& findings) const {
  add_tally(escaping_paths_.count, escaping_paths_.first, "entries have a path that leads",
            findings);
  add_tally(escaping_links_.count, escaping_links_.first, "links have a target that leads",
            findings);
}

// The buildpack extracts Spark with --strip-components 1 and runs bin/spark-submit.
void Contents::add_spark_shape(const ArchiveSummary& summary, Findings& findings) const {
  if (normalise(strip_one_component(spark_submit_.raw_path)) == kSparkSubmit) return;
  findings.push_back(
      {.severity = Severity::Error,
       .text = fmt::format("bin/spark-submit lies at {}, but the PySpark buildpack looks for it in "
                           "the one top folder, <top>/bin/spark-submit: it will not be found",
                           shown(spark_submit_.raw_path)),
       .fix = spark_fix(summary.spark_submit_path, spark_submit_.raw_path)});
}

// The buildpack extracts the JDK as it is and sets JAVA_HOME to that folder.
void Contents::add_java_shape(const ArchiveSummary& summary, Findings& findings) const {
  if (java_.path == kJava) return;
  const std::string_view home = parent_of(parent_of(summary.java_path));
  findings.push_back(
      {.severity = Severity::Warning,
       .text =
           fmt::format("bin/java lies at {}, but the PySpark buildpack extracts the JDK without "
                       "stripping its top folder: JAVA_HOME will have no bin/java",
                       summary.java_path),
       .fix =
           fmt::format("repack it from inside the folder: tar -C {} -czf <new>.tar.gz .", home)});
}

}  // namespace stagecache::archive
