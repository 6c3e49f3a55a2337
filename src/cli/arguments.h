#pragma once
//
// What was typed, as values. CLI11 is fenced into arguments.cc, and its many
// exit codes end there: whatever is wrong with the arguments is 2.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace stagecache::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFinding = 1;        ///< A finding, a failed item, a daemon that says no.
inline constexpr int kExitUsage = 2;          ///< Arguments or configuration are wrong.
inline constexpr int kExitInterrupted = 130;  ///< Ctrl-C, as shells say it (128 + SIGINT).

/// Checked against the project's by a unit test.
inline constexpr std::string_view kVersion = "0.1.0";

enum class Command {
  Serve,
  Warm,
  Check,
  Ls,
  Show,
  Rm,
  Pin,
  Unpin,
  Stats,
  Scrub,
  Why,
  Ledger,
  Offline,
  PrintConfigSample,
  PrintConfigReference,
};

struct Arguments {
  Command command = Command::Serve;
  std::optional<std::filesystem::path> config_file;
  bool check_config = false;
  bool self_signed = false;
  std::string server;
  std::string token_file;            ///< "" when none.
  std::vector<std::string> targets;  ///< Paths, URLs, files or digests.
  std::string query;
  std::size_t limit = 100;
  bool no_pin = false;
  bool offline_check = false;
  bool no_wait = false;
  bool json = false;
};

struct Parsed {
  std::optional<Arguments> arguments;  ///< Empty: print the texts and leave.
  int exit_code = kExitOk;
  std::string out;
  std::string err;
};

Parsed parse_arguments(int argc, const char* const* argv);

}  // namespace stagecache::cli
