#include "stagecache/cli/main.h"

#include <iostream>

#include "cli/commands.h"
#include "cli/scrub.h"
#include "cli/warm.h"

namespace stagecache::cli {
namespace {

int fail_with(const Error& error, int exit_code, const Console& console) {
  console.err << "stagecache: " << error.message << "\n";
  return exit_code;
}

int serve_command(const Arguments& arguments, const ServeFunction& serve, const Console& console) {
  auto config = config::load(arguments.config_file, config::environment());
  if (!config) return fail_with(config.error(), kExitUsage, console);
  config->self_signed = arguments.self_signed;
  if (const auto good = config::check_tls(*config); !good)
    return fail_with(good.error(), kExitUsage, console);
  if (arguments.check_config) {
    console.out << "configuration ok\n";
    return kExitOk;
  }
  const auto served = serve(*config);
  return served ? kExitOk : fail_with(served.error(), kExitFinding, console);
}

int print(const std::string& text, const Console& console) {
  console.out << text;
  return kExitOk;
}

int client_command(const Arguments& arguments, const Console& console) {
  auto token = read_token(arguments.token_file);
  if (!token) return fail_with(token.error(), kExitUsage, console);
  const AdminClient client(arguments.server, *std::move(token), upstream::request);
  switch (arguments.command) {
    case Command::Warm:
      return arguments.offline_check ? offline_check(arguments, client, console)
                                     : warm(arguments, client, console);
    case Command::Why: return why(arguments, client, console);
    case Command::Ledger: return ledger(arguments, client, console);
    case Command::Offline: return offline(arguments, client, console);
    case Command::Ls: return ls(arguments, client, console);
    case Command::Show: return show(arguments, client, console);
    case Command::Scrub: return scrub(arguments, client, console);
    case Command::Stats: return stats(arguments, client, console);
    default: return change(arguments, client, console);
  }
}

int run_command(const Arguments& arguments, const ServeFunction& serve, const Console& console) {
  switch (arguments.command) {
    case Command::Serve: return serve_command(arguments, serve, console);
    case Command::Check: return check(arguments, console);
    case Command::PrintConfigSample: return print(config::sample_toml(), console);
    case Command::PrintConfigReference: return print(config::reference_markdown(), console);
    default: return client_command(arguments, console);
  }
}

}  // namespace

int run(int argc, char** argv, const ServeFunction& serve) {
  const Console console{.out = std::cout, .err = std::cerr, .terminal = terminal_of_stdout};
  const Parsed parsed = parse_arguments(argc, argv);
  console.out << parsed.out;
  console.err << parsed.err;
  if (!parsed.arguments) return parsed.exit_code;
  const int exit_code = run_command(*parsed.arguments, serve, console);
  console.out.flush();
  return exit_code;
}

}  // namespace stagecache::cli
