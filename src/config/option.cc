#include "config/option.h"

#include <fmt/format.h>

#include "config/options_table.h"
#include "stagecache/model/quantity.h"

namespace stagecache::config {
namespace {

std::unexpected<Error> wrong(std::string why) {
  return fail(ErrorCode::BadInput, std::move(why));
}

std::unexpected<Error> wrong_kind(const Raw& raw) {
  return wrong("not " + quoted(raw));
}

/// A number without a unit is as good as the text of it where units have a default.
Result<std::string> text_or_number(const Raw& raw) {
  if (raw.kind == Raw::Kind::Text) return raw.text;
  if (raw.kind == Raw::Kind::Number && raw.number >= 0) return fmt::format("{}", raw.number);
  return wrong_kind(raw);
}

std::string with_unit(OptionType type, std::uint64_t number) {
  switch (type) {
    case OptionType::Size:
    case OptionType::Rate: return format_size(number);
    case OptionType::Duration: return format_duration(std::chrono::milliseconds(number));
    default: return fmt::format("{}", number);
  }
}

Result<std::uint64_t> bounded(const Limits& limits, std::uint64_t number) {
  if (number >= limits.min && number <= limits.max) return number;
  return wrong(
      fmt::format("{} is not {}", with_unit(limits.type, number), describe_bounds(limits)));
}

Status read(const Limits& limits, const Raw& raw, std::string& out) {
  auto text = limits.type == OptionType::Quota ? text_or_number(raw)
              : raw.kind == Raw::Kind::Text    ? Result<std::string>(raw.text)
                                               : wrong_kind(raw);
  if (!text) return error_of(std::move(text));
  if (limits.check) RETURN_IF_ERROR(limits.check(*text));
  out = *std::move(text);
  return {};
}

Status read(const Limits& limits, const Raw& raw, std::filesystem::path& out) {
  std::string text;
  RETURN_IF_ERROR(read(limits, raw, text));
  out = text;
  return {};
}

Status read(const Limits& limits, const Raw& raw, std::vector<std::string>& out) {
  const bool alone = raw.kind == Raw::Kind::Text;
  if (!alone && raw.kind != Raw::Kind::List) return wrong_kind(raw);
  std::vector<std::string> texts;
  for (const Raw& element : alone ? std::vector<Raw>{raw} : raw.list)
    RETURN_IF_ERROR(read(limits, element, texts.emplace_back()));
  if (texts.size() < limits.min) return wrong("an empty list");
  out = std::move(texts);
  return {};
}

Status read(const Limits& limits, const Raw& raw, std::uint64_t& out) {
  if (limits.type == OptionType::Count) {
    if (raw.kind != Raw::Kind::Number || raw.number < 0) return wrong_kind(raw);
    auto count = bounded(limits, static_cast<std::uint64_t>(raw.number));
    if (!count) return error_of(std::move(count));
    out = *count;
    return {};
  }
  const auto text = text_or_number(raw);
  if (!text) return std::unexpected(text.error());
  auto size = parse_size(*text);
  if (!size) return wrong_kind(raw);
  auto fits = bounded(limits, *size);
  if (!fits) return error_of(std::move(fits));
  out = *fits;
  return {};
}

/// REQUIRES: limits.max fits.
Status read(const Limits& limits, const Raw& raw, std::uint32_t& out) {
  std::uint64_t wide = 0;
  RETURN_IF_ERROR(read(limits, raw, wide));
  out = static_cast<std::uint32_t>(wide);
  return {};
}

Status read(const Limits&, const Raw& raw, std::vector<std::uint16_t>& out) {
  if (raw.kind != Raw::Kind::List) return wrong_kind(raw);
  std::vector<std::uint16_t> ports;
  for (const Raw& element : raw.list) {
    const bool fits =
        element.kind == Raw::Kind::Number && element.number >= 1 && element.number <= 65535;
    if (!fits) return wrong(fmt::format("{} is no port from 1 to 65535", quoted(element)));
    ports.push_back(static_cast<std::uint16_t>(element.number));
  }
  out = std::move(ports);
  return {};
}

Status read(const Limits& limits, const Raw& raw, std::chrono::milliseconds& out) {
  const auto text = text_or_number(raw);
  if (!text) return std::unexpected(text.error());
  const auto duration = parse_duration(*text);
  if (!duration) return wrong_kind(raw);
  auto fits = bounded(limits, static_cast<std::uint64_t>(duration->count()));
  if (!fits) return error_of(std::move(fits));
  out = *duration;
  return {};
}

Status read(const Limits&, const Raw& raw, bool& out) {
  if (raw.kind != Raw::Kind::Flag) return wrong_kind(raw);
  out = raw.flag;
  return {};
}

Status read(const Limits&, const Raw& raw, LogLevel& out) {
  const auto level = parse_log_level(raw.text);
  if (raw.kind != Raw::Kind::Text || !level) return wrong_kind(raw);
  out = *level;
  return {};
}

Status read(const Limits&, const Raw& raw, LogFormat& out) {
  const auto format = parse_log_format(raw.text);
  if (raw.kind != Raw::Kind::Text || !format) return wrong_kind(raw);
  out = *format;
  return {};
}

}  // namespace

std::string_view describe(OptionType type) {
  switch (type) {
    case OptionType::Text: return "a text";
    case OptionType::TextList: return "a list of texts";
    case OptionType::Size: return "a size";
    case OptionType::Rate: return "a size a second";
    case OptionType::Duration: return "a duration";
    case OptionType::Count: return "a whole number";
    case OptionType::PortList: return "a list of ports";
    case OptionType::Flag: return "true or false";
    case OptionType::Quota: return "a size or a share of the file system";
    case OptionType::Level: return "one of debug, info, warn, error, off";
    case OptionType::Format: return "text or json";
  }
  return "";
}

std::string describe_bounds(const Limits& limits) {
  const bool number = limits.type == OptionType::Size || limits.type == OptionType::Rate ||
                      limits.type == OptionType::Duration || limits.type == OptionType::Count;
  if (!number) return "";
  const std::string min = with_unit(limits.type, limits.min);
  if (limits.max != std::numeric_limits<std::uint64_t>::max())
    return fmt::format("from {} to {}", min, with_unit(limits.type, limits.max));
  return limits.min > 0 ? "at least " + min : "";
}

template <class Target>
Status set_option(const Option<Target>& option, const Raw& raw, Target& target) {
  return std::visit([&](auto member) { return read(option.limits, raw, target.*member); },
                    option.field);
}

template Status set_option(const Option<Config>&, const Raw&, Config&);
template Status set_option(const Option<Host>&, const Raw&, Host&);
template Status set_option(const Option<Mirror>&, const Raw&, Mirror&);
template Status set_option(const Option<Warm>&, const Raw&, Warm&);

}  // namespace stagecache::config
