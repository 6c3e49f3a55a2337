#pragma once
//
// The log: lines to standard error, text or JSON. spdlog does the work and is
// fenced in here. Never pass a credential or a token.
//
//     log_info("fill {} done: {} bytes", source, bytes);
//
// Thread safety: all functions, from any thread; set_log is for start-up.

#include <fmt/format.h>

#include <string_view>

#include "stagecache/base/result.h"

namespace stagecache {

enum class LogLevel { Debug, Info, Warn, Error, Off };
enum class LogFormat { Text, Json };

Result<LogLevel> parse_log_level(std::string_view text);    ///< debug info warn error off
Result<LogFormat> parse_log_format(std::string_view text);  ///< text json

void set_log(LogLevel level, LogFormat format);
bool log_enabled(LogLevel level);
void log_line(LogLevel level, std::string_view line);

template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::Debug))
    log_line(LogLevel::Debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::Info))
    log_line(LogLevel::Info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_warn(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::Warn))
    log_line(LogLevel::Warn, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::Error))
    log_line(LogLevel::Error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace stagecache
