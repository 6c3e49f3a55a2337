#pragma once
// The commands besides `warm` and `serve`. Each returns the exit code.

#include "cli/admin_client.h"
#include "cli/arguments.h"
#include "cli/console.h"

namespace stagecache::cli {

/// Needs no daemon.
int check(const Arguments& arguments, const Console& console);

int ls(const Arguments& arguments, const AdminClient& client, const Console& console);
int show(const Arguments& arguments, const AdminClient& client, const Console& console);
int stats(const Arguments& arguments, const AdminClient& client, const Console& console);

int why(const Arguments& arguments, const AdminClient& client, const Console& console);
int ledger(const Arguments& arguments, const AdminClient& client, const Console& console);
int offline(const Arguments& arguments, const AdminClient& client, const Console& console);
int offline_check(const Arguments& arguments, const AdminClient& client, const Console& console);

/// `rm`, `pin`, `unpin`: the same for each digest named; goes on after one that fails.
int change(const Arguments& arguments, const AdminClient& client, const Console& console);

/// The one artifact whose SHA-256 begins with `prefix` (at least 4 digits, any
/// case). Fails with BadInput, NotFound, Conflict (several).
Result<std::string> full_digest(std::string_view prefix, const AdminClient& client);

}  // namespace stagecache::cli
