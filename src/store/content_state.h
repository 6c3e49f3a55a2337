#pragma once
// What a Content holds: the lease, and where to read.

#include <memory>

#include "database.h"
#include "lease_table.h"
#include "stagecache/store/content.h"

namespace stagecache::store {

struct Content::State {
  Artifact artifact;
  std::uint64_t size = 0;  // Of the form.
  std::shared_ptr<LeaseTable::Lease> lease;
  Database& database;
};

}  // namespace stagecache::store
