#pragma once
//
// Is a stored form still what it should be? Reads all of it and compares the SHA-256 of the
// artifact's bytes. Fails with Corrupt when it is damaged, with what `pace` fails with, and
// with what else a read fails with (that is no damage).

#include <cstdint>
#include <functional>

#include "stagecache/base/result.h"
#include "stagecache/model/sha256.h"
#include "stagecache/store/store.h"

namespace stagecache::cache {

/// Told how many bytes of the artifact were read; may block, an error ends the check.
using Pace = std::function<Status(std::uint64_t bytes)>;

/// Holds a lease while it reads. What is not stored in that form is right.
Status check_form(store::Store& store, const Sha256& sha256, store::Form form, const Pace& pace);

}  // namespace stagecache::cache
