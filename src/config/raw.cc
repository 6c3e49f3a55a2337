#include "config/raw.h"

#include <fmt/format.h>

namespace stagecache::config {
namespace {

/// More of a value helps nobody and may be a whole spark_runtime.txt.
constexpr std::size_t kMaxQuotedBytes = 60;

std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  if (text.size() > kMaxQuotedBytes) text = text.substr(0, kMaxQuotedBytes) + "...";
  return text;
}

std::string spelled(const Raw& raw) {
  switch (raw.kind) {
    case Raw::Kind::Text: return fmt::format("\"{}\"", raw.text);
    case Raw::Kind::Number: return fmt::format("{}", raw.number);
    case Raw::Kind::Flag: return raw.flag ? "true" : "false";
    case Raw::Kind::Table: return "a table";
    case Raw::Kind::Other: return raw.text;
    case Raw::Kind::List: break;
  }
  std::string joined;
  for (const Raw& element : raw.list) joined += (joined.empty() ? "" : ", ") + spelled(element);
  return "[" + joined + "]";
}

}  // namespace

Raw Raw::of_text(std::string text) {
  Raw raw;
  raw.kind = Kind::Text;
  raw.text = std::move(text);
  return raw;
}

Raw Raw::of_number(std::int64_t number) {
  Raw raw;
  raw.kind = Kind::Number;
  raw.number = number;
  return raw;
}

Raw Raw::of_flag(bool flag) {
  Raw raw;
  raw.kind = Kind::Flag;
  raw.flag = flag;
  return raw;
}

std::string quoted(const Raw& raw) {
  return one_line(spelled(raw));
}

}  // namespace stagecache::config
