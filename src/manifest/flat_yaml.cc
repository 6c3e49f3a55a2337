#include "flat_yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <sstream>

namespace stagecache::manifest {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Thrown through the parser, and caught below.
struct NotFlat {};

class FlatMap final : public YAML::EventHandler {
 public:
  std::vector<FlatEntry> entries;

  void OnDocumentStart(const YAML::Mark&) override {
    if (documents_++ > 0) throw NotFlat();
  }
  void OnDocumentEnd() override {
    if (!has_map_) throw NotFlat();
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { take({}, mark, true); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    take(value, mark, tag != "!");
  }
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    if (has_map_) throw NotFlat();
    has_map_ = true;
  }
  void OnMapEnd() override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override { throw NotFlat(); }
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    throw NotFlat();
  }
  void OnSequenceEnd() override {}

 private:
  void take(const std::string& text, const YAML::Mark& mark, bool is_plain) {
    if (!has_map_ || mark.pos < 0) throw NotFlat();
    FlatScalar scalar{
        .text = text, .is_plain = is_plain, .offset = static_cast<std::size_t>(mark.pos)};
    if (is_key_) entries.push_back({.key = std::move(scalar), .value = {}});
    else entries.back().value = std::move(scalar);
    is_key_ = !is_key_;
  }

  int documents_ = 0;
  bool has_map_ = false;
  bool is_key_ = true;
};

}  // namespace

Result<std::vector<FlatEntry>> read_flat_yaml(std::string_view text) {
  const std::size_t skipped = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  FlatMap map;
  try {
    std::istringstream in{std::string(text.substr(skipped))};
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(map)) {
    }
  } catch (const YAML::Exception& error) {
    return fail(ErrorCode::BadInput, error.what());
  } catch (const NotFlat&) {
    return fail(ErrorCode::BadInput, "no single map of plain values");
  }
  for (FlatEntry& entry : map.entries) {
    entry.key.offset += skipped;
    entry.value.offset += skipped;
  }
  return std::move(map.entries);
}

std::string write_flat_yaml(const std::vector<FlatEntry>& entries) {
  YAML::Emitter out;
  out << YAML::BeginDoc << YAML::BeginMap;
  for (const FlatEntry& entry : entries) {
    out << YAML::Key;
    if (!entry.key.is_plain) out << YAML::DoubleQuoted;
    out << entry.key.text << YAML::Value << YAML::DoubleQuoted << entry.value.text;
  }
  out << YAML::EndMap;
  return std::string(out.c_str(), out.size()) + "\n";
}

}  // namespace stagecache::manifest
