#include "cli/arguments.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <sstream>

#include "stagecache/config/config.h"

namespace stagecache::cli {
namespace {

constexpr const char* kDefaultServer = "http://127.0.0.1:8081";

/// The commands that print themselves into the repository are nobody's business.
constexpr const char* kHidden = "";

void fall_back(std::string& value, const char* variable, const char* otherwise) {
  if (!value.empty()) return;
  const char* from_environment = std::getenv(variable);
  value = from_environment && *from_environment ? from_environment : otherwise;
}

class Definition {
 public:
  Definition()
      : app_("stagecache: Spark and Java archives for Cloud Foundry stagings", "stagecache") {
    app_.set_version_flag("--version", fmt::format("stagecache {}", kVersion));
    app_.require_subcommand(1);
    add_serve();
    add_warm();
    add_check();
    add_artifact_commands();
    command("print-config-sample", "", Command::PrintConfigSample)->group(kHidden);
    command("print-config-reference", "", Command::PrintConfigReference)->group(kHidden);
  }

  Parsed parse(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
      fall_back(arguments_.server, "STAGECACHE_SERVER", kDefaultServer);
      fall_back(arguments_.token_file, "STAGECACHE_TOKEN_FILE", "");
      return {.arguments = arguments_, .out = {}, .err = {}};
    } catch (const CLI::ParseError& error) {
      std::ostringstream out, err;
      const bool wrong = app_.exit(error, out, err) != 0;
      // CLI11 misses the command before it sees that a word is none.
      if (const auto words = app_.remaining(); app_.get_subcommands().empty() && !words.empty())
        err.str(fmt::format("unknown: {}\nRun with --help for more information.\n", words.front()));
      return {.arguments = std::nullopt,
              .exit_code = wrong ? kExitUsage : kExitOk,
              .out = std::move(out).str(),
              .err = std::move(err).str()};
    }
  }

 private:
  CLI::App* command(const char* name, const char* help, Command which) {
    CLI::App* sub = app_.add_subcommand(name, help);
    sub->callback([this, which] { arguments_.command = which; });
    return sub;
  }

  CLI::App* client_command(const char* name, const char* help, Command which) {
    CLI::App* sub = command(name, help, which);
    // Not CLI11's envname: it lets a variable win over the option when several
    // commands share one.
    sub->add_option(
           "--server", arguments_.server,
           fmt::format("Admin listener of the daemon (STAGECACHE_SERVER, else {})", kDefaultServer))
        ->type_name("URL");
    sub->add_option("--token-file", arguments_.token_file,
                    "File with the admin token (STAGECACHE_TOKEN_FILE, else none)")
        ->type_name("FILE");
    return sub;
  }

  void targets(CLI::App* sub, const char* name, const char* help) {
    sub->add_option(name, arguments_.targets, help)->required()->type_name("");
  }

  void json(CLI::App* sub) { sub->add_flag("--json", arguments_.json, "For a machine to read"); }

  void add_serve() {
    CLI::App* sub = command("serve", "Run the daemon", Command::Serve);
    sub->add_option("--config", arguments_.config_file, "Configuration (TOML); none: the defaults")
        ->type_name("FILE");
    sub->add_flag("--check-config", arguments_.check_config, "Only read the configuration");
    sub->add_flag("--self-signed", arguments_.self_signed,
                  "Serve TLS, too, with a CA of our own kept beside the store; says what to trust");
    sub->footer(
        "Options of the configuration and their defaults; STAGECACHE_<SECTION>_<KEY> in the\n"
        "environment overrides:\n" +
        config::options_help());
  }

  void add_warm() {
    CLI::App* sub =
        client_command("warm", "Have what apps stage with ready, and wait for it", Command::Warm);
    targets(
        sub, "PATH|URL[#sha256=HEX]",
        "spark_runtime.txt, a buildpack's manifest.yml, a folder that is searched for such files, "
        "or a URL");
    sub->add_flag("--no-pin", arguments_.no_pin, "What is warmed may be evicted");
    sub->add_flag("--offline-check", arguments_.offline_check,
                  "Only say, per app, whether a push would work with the internet gone");
    json(sub);
  }

  void add_check() {
    CLI::App* sub =
        command("check", "Lint spark_runtime.txt files; needs no daemon", Command::Check);
    targets(sub, "FILE", "spark_runtime.txt files");
    json(sub);
  }

  void add_artifact_commands() {
    CLI::App* ls = client_command("ls", "List the artifacts", Command::Ls);
    ls->add_option("-q,--query", arguments_.query,
                   "Only what has this text in its name, source or digest")
        ->type_name("TEXT");
    json(ls);
    CLI::App* show = client_command("show", "Show all that is known of an artifact", Command::Show);
    targets(show, "SHA", "SHA-256, or at least 4 digits of its beginning");
    json(show);
    targets(client_command("rm", "Remove artifacts", Command::Rm), "SHA",
            "SHA-256 or its beginning");
    targets(client_command("pin", "Never evict these artifacts", Command::Pin), "SHA",
            "SHA-256 or its beginning");
    targets(client_command("unpin", "Let these artifacts be evicted", Command::Unpin), "SHA",
            "SHA-256 or its beginning");
    CLI::App* why = client_command("why", "What is known of a URL, what happened last, what to do",
                                   Command::Why);
    targets(why, "URL", "A publisher's URL or this cache's, as it stands in a staging log");
    json(why);
    CLI::App* ledger = client_command(
        "ledger", "Which source gave which bytes when, and what failed", Command::Ledger);
    ledger->add_option("--url", arguments_.query, "Only of this source")->type_name("URL");
    ledger->add_option("--limit", arguments_.limit, "The newest so many (100)")->type_name("N");
    json(ledger);
    CLI::App* offline =
        client_command("offline", "Stop, or allow again, all that goes out", Command::Offline);
    offline->add_option("switch", arguments_.targets, "on or off")
        ->required()
        ->expected(1)
        ->check(CLI::IsMember({"on", "off"}))
        ->type_name("");
    CLI::App* scrub = client_command(
        "scrub", "Read all that is stored, compare it, fetch again what is damaged; wait for it",
        Command::Scrub);
    scrub->add_flag("--no-wait", arguments_.no_wait, "Only begin; GET /v1/scrub tells the rest");
    json(scrub);
    json(client_command("stats", "What the daemon has done and holds", Command::Stats));
  }

  CLI::App app_;
  Arguments arguments_;
};

}  // namespace

Parsed parse_arguments(int argc, const char* const* argv) {
  return Definition().parse(argc, argv);
}

}  // namespace stagecache::cli
