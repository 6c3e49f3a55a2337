#pragma once
//
// A child that works on a store until its parent kills it with SIGKILL. The child is the
// test program itself, run anew with a filter (a fork of a threaded process could not
// fill); it finds the folder in kFolderVariable and writes its journal there.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace stagecache::store {

inline constexpr const char* kFolderVariable = "STAGECACHE_CRASH_FOLDER";

/// Tells the parent, by a line in a file, what the store has acknowledged.
class Journal {
 public:
  explicit Journal(const std::filesystem::path& path) : file_(path, std::ios::app) {}
  void note(const char* what, std::uint64_t seed) { file_ << what << ' ' << seed << std::endl; }

 private:
  std::ofstream file_;
};

struct Acknowledged {
  std::size_t opens = 0;
  std::vector<std::uint64_t> pinned;
};
Acknowledged read_journal(const std::filesystem::path& folder);
std::string last_journal_line(const std::filesystem::path& folder);

pid_t start_child(const std::filesystem::path& folder, std::string tests);
/// Kills it `after` it has opened the store for the `opens`-th time in all, and expects that
/// nothing failed before.
void kill_somewhere(pid_t child, const std::filesystem::path& folder, std::size_t opens,
                    std::chrono::milliseconds after);

}  // namespace stagecache::store
