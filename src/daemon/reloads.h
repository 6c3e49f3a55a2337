#pragma once
// What SIGHUP reads again. Whoever has such a thing adds it; the rest of the
// configuration is read at start only, and the log says so.

#include <functional>
#include <string>
#include <vector>

#include "stagecache/base/result.h"

namespace stagecache::daemon {

class Reloads {
 public:
  /// Reads again; a line that says what is in force now. When it fails the old
  /// state must go on.
  using Reload = std::function<Result<std::string>()>;

  void add(std::string name, Reload reload);

  /// Runs all of them and logs what came of each.
  void run() const;

 private:
  struct Entry {
    std::string name;
    Reload reload;
  };
  std::vector<Entry> entries_;
};

}  // namespace stagecache::daemon
