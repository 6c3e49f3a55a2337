#pragma once
//
// StoredBudgets keeps the weekly budgets of hosts in the catalog, under "budget/<host>".
// Thread safety: all methods.

#include <string>

#include "stagecache/store/store.h"
#include "stagecache/upstream/budget_store.h"

namespace stagecache::daemon {

class StoredBudgets final : public upstream::BudgetStore {
 public:
  /// `store` must outlive it.
  explicit StoredBudgets(store::Store& store) : store_(store) {}

  std::string load(const std::string& host) override {
    // blobs() takes a prefix: "a.org" also finds "a.org.example".
    for (auto& [key, text] : store_.blobs(kPrefix + host))
      if (key == kPrefix + host) return text;
    return "";
  }
  Status save(const std::string& host, const std::string& text) override {
    return store_.put_blob(kPrefix + host, text);
  }

 private:
  inline static const std::string kPrefix = "budget/";
  store::Store& store_;
};

}  // namespace stagecache::daemon
