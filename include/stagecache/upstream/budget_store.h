#pragma once
//
// Where what was used of the hosts' weekly budgets outlives a restart: one short
// text a host. The daemon keeps it in its catalog.
//
// Thread safety: all methods, from any thread.

#include <string>

#include "stagecache/base/result.h"

namespace stagecache::upstream {

class BudgetStore {
 public:
  virtual ~BudgetStore() = default;
  /// "" when nothing was saved.
  virtual std::string load(const std::string& host) = 0;
  virtual Status save(const std::string& host, const std::string& text) = 0;
};

}  // namespace stagecache::upstream
