#include <boost/json.hpp>

#include "cli/commands.h"
#include "cli/render.h"
#include "stagecache/base/file_system.h"
#include "stagecache/manifest/spark_runtime.h"

namespace stagecache::cli {
namespace {

namespace json = boost::json;

json::object as_json(const Finding& finding) {
  return {{"line", finding.line},
          {"column", finding.column},
          {"severity", stagecache::to_string(finding.severity)},
          {"text", finding.text},
          {"fix", finding.fix}};
}

bool is_clean(const Findings& findings) {
  for (const Finding& finding : findings)
    if (finding.severity != Severity::Note) return false;
  return true;
}

}  // namespace

int check(const Arguments& arguments, const Console& console) {
  json::array files;
  int exit_code = kExitOk;
  for (const std::string& file : arguments.targets) {
    auto text = read_file(file, manifest::kMaxSparkRuntimeBytes);
    if (!text) {
      console.err << "stagecache: " << text.error().message << "\n";
      return kExitUsage;
    }
    const Findings findings = manifest::read_spark_runtime(*text).findings;
    if (!is_clean(findings)) exit_code = kExitFinding;
    json::array list;
    for (const Finding& finding : findings) {
      list.push_back(as_json(finding));
      if (!arguments.json) console.out << finding_lines(file, finding);
    }
    files.push_back(json::object{{"file", file}, {"findings", std::move(list)}});
  }
  if (arguments.json)
    console.out << json::serialize(json::object{{"files", std::move(files)}}) << "\n";
  return exit_code;
}

}  // namespace stagecache::cli
