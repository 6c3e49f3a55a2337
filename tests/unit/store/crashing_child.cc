#include "crashing_child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <iterator>
#include <thread>
#include <utility>

extern char** environ;

namespace stagecache::store {

Acknowledged read_journal(const std::filesystem::path& folder) {
  Acknowledged read;
  std::ifstream journal(folder / "journal");
  std::string what;
  for (std::uint64_t seed = 0; journal >> what >> seed;) {
    if (what == "open") ++read.opens;
    if (what == "pinned") read.pinned.push_back(seed);
  }
  return read;
}

pid_t start_child(const std::filesystem::path& folder, std::string tests) {
  ::setenv(kFolderVariable, folder.c_str(), 1);
  // What a killed child leaves behind goes with the parent's folder.
  const char* const temporary = std::getenv("TMPDIR");
  const std::string before = temporary == nullptr ? "/tmp" : temporary;
  ::setenv("TMPDIR", folder.c_str(), 1);
  const std::string output = (folder / "child.log").string();
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (const int out : {STDOUT_FILENO, STDERR_FILENO})
    ::posix_spawn_file_actions_addopen(&actions, out, output.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                       0644);
  std::string program = "/proc/self/exe", filter = "--gtest_filter=" + std::move(tests);
  char* arguments[] = {program.data(), filter.data(), nullptr};
  pid_t child = 0;
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  EXPECT_EQ(::posix_spawn(&child, self.c_str(), &actions, nullptr, arguments, environ), 0);
  ::posix_spawn_file_actions_destroy(&actions);
  ::unsetenv(kFolderVariable);
  ::setenv("TMPDIR", before.c_str(), 1);
  return child;
}

std::string last_journal_line(const std::filesystem::path& folder) {
  std::ifstream journal(folder / "journal");
  std::string line, last;
  while (std::getline(journal, line)) last = line;
  return last;
}

void kill_somewhere(pid_t child, const std::filesystem::path& folder, std::size_t opens,
                    std::chrono::milliseconds after) {
  // The time runs from when the child has its store open, but not for ever.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (read_journal(folder).opens < opens && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  // The moment of the kill is the test's input, not something to wait for.
  std::this_thread::sleep_for(after);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  std::ifstream log(folder / "child.log");
  const std::string text(std::istreambuf_iterator<char>(log), {});
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << text;
  EXPECT_EQ(text.find("Failure"), std::string::npos) << text;
}

}  // namespace stagecache::store
