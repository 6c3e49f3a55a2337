#include "stagecache/base/clock.h"

#include <fmt/format.h>

#include <array>
#include <ctime>

namespace stagecache {
namespace {

constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// IMF-fixdate, and the two obsolete forms that a recipient must still read
/// (RFC 9110 5.6.7): RFC 850 and asctime.
constexpr std::array kForms = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                               "%a %b %e %H:%M:%S %Y"};

std::tm to_utc(WallTime time) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return parts;
}

}  // namespace

WallTime SystemClock::wall() const {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

SteadyTime SystemClock::steady() const {
  return std::chrono::steady_clock::now();
}

std::string to_rfc3339(WallTime time) {
  const std::tm t = to_utc(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", t.tm_year + 1900, t.tm_mon + 1,
                     t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

std::string to_http_date(WallTime time) {
  const std::tm t = to_utc(time);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays[static_cast<std::size_t>(t.tm_wday)], t.tm_mday,
                     kMonths[static_cast<std::size_t>(t.tm_mon)], t.tm_year + 1900, t.tm_hour,
                     t.tm_min, t.tm_sec);
}

Result<WallTime> parse_http_date(std::string_view text) {
  const std::string copy(text);
  for (const char* form : kForms) {
    std::tm parts{};
    const char* const stop = strptime(copy.c_str(), form, &parts);
    if (stop == nullptr || *stop != '\0') continue;
    return WallTime(std::chrono::seconds(timegm(&parts)));
  }
  return fail(ErrorCode::BadInput, fmt::format("'{}' is no HTTP date", copy.substr(0, 64)));
}

}  // namespace stagecache
