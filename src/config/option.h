#pragma once
//
// Option<Target> is one row of an options table: how a key is called, what it
// takes, what it is when nobody says anything, and which member of Target it
// sets. Everything that lists options (parser, environment, help, sample,
// documents) walks these rows and nothing else.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "config/checks.h"
#include "config/raw.h"
#include "stagecache/base/log.h"

namespace stagecache::config {

enum class OptionType {
  Text,
  TextList,  ///< A list of texts; one text alone stands for a list of one.
  Size,      ///< "20GiB", or a number of bytes.
  Rate,      ///< A size a second.
  Duration,  ///< "15m", or a number of seconds.
  Count,
  PortList,
  Flag,
  Quota,  ///< A size, or "80%" of the file system.
  Level,
  Format,
};

/// A noun phrase for errors and documents: "a size", "a duration".
std::string_view describe(OptionType type);

template <class Target>
using Field =
    std::variant<std::string Target::*, std::vector<std::string> Target::*,
                 std::filesystem::path Target::*, std::uint64_t Target::*, std::uint32_t Target::*,
                 std::vector<std::uint16_t> Target::*, std::chrono::milliseconds Target::*,
                 bool Target::*, LogLevel Target::*, LogFormat Target::*>;

/// What an option's value may be, whatever it sets.
struct Limits {
  OptionType type;
  std::uint64_t min = 0;  ///< Bytes, milliseconds, or a plain number.
  std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
  TextCheck check = nullptr;  ///< Of a text, or of each text of a list.
};

template <class Target>
struct Option {
  std::string_view section;  ///< "store"; of a table array its name: "upstream.host".
  std::string_view key;
  Limits limits;
  Field<Target> field;
  std::string_view default_toml;  ///< As the sample shows it; "" where there is none.
  std::string_view example;       ///< As an error or the sample of a table shows it.
  std::string_view help;          ///< One sentence or two.
};

/// Gives `raw` the row's meaning and puts it into `target`. The error says only
/// what is wrong with the value.
template <class Target>
Status set_option(const Option<Target>& option, const Raw& raw, Target& target);

/// "from 1 to 1024", "at least 64 MiB", or "" for an option without bounds.
std::string describe_bounds(const Limits& limits);

}  // namespace stagecache::config
