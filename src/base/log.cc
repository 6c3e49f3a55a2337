#include "stagecache/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>

namespace stagecache {
namespace {

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v";
constexpr const char* kJsonPattern =
    R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":"%v"})";

std::atomic<LogLevel> level_now{LogLevel::Info};
std::atomic<LogFormat> format_now{LogFormat::Text};

/// Made at first use and never destroyed: threads may log until the very end.
spdlog::logger& logger() {
  static spdlog::logger* const instance = [] {
    auto* made =
        new spdlog::logger("stagecache", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_level(spdlog::level::trace);
    made->set_pattern(kTextPattern, spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *instance;
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::Debug: return spdlog::level::debug;
    case LogLevel::Info: return spdlog::level::info;
    case LogLevel::Warn: return spdlog::level::warn;
    case LogLevel::Error: return spdlog::level::err;
    case LogLevel::Off: return spdlog::level::off;
  }
  return spdlog::level::off;
}

/// One line stays one line, whatever a peer sent: controls are escaped, and for
/// JSON also quotes and backslashes.
std::string escaped(std::string_view line, LogFormat format) {
  std::string out;
  out.reserve(line.size());
  for (const char c : line) {
    const bool quote = format == LogFormat::Json && (c == '"' || c == '\\');
    if (quote) {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

Result<LogLevel> parse_log_level(std::string_view text) {
  if (text == "debug") return LogLevel::Debug;
  if (text == "info") return LogLevel::Info;
  if (text == "warn") return LogLevel::Warn;
  if (text == "error") return LogLevel::Error;
  if (text == "off") return LogLevel::Off;
  return fail(ErrorCode::BadInput,
              fmt::format("'{}' is no log level: debug, info, warn, error or off", text));
}

Result<LogFormat> parse_log_format(std::string_view text) {
  if (text == "text") return LogFormat::Text;
  if (text == "json") return LogFormat::Json;
  return fail(ErrorCode::BadInput, fmt::format("'{}' is no log format: text or json", text));
}

void set_log(LogLevel level, LogFormat format) {
  level_now = level;
  format_now = format;
  logger().set_pattern(format == LogFormat::Json ? kJsonPattern : kTextPattern,
                       spdlog::pattern_time_type::utc);
}

bool log_enabled(LogLevel level) {
  return level != LogLevel::Off && level >= level_now.load();
}

void log_line(LogLevel level, std::string_view line) {
  if (log_enabled(level)) logger().log(to_spdlog(level), escaped(line, format_now.load()));
}

}  // namespace stagecache
