#pragma once
// Makes .tgz files that are alike, as the releases of one program are.

#include <string>

namespace stagecache::cache::test {

/// About 1 MB of .tgz: 16 files, of which one is another in each version. Programs have
/// nothing in common.
std::string release(unsigned version, unsigned program = 1);

/// `tar` as gzip makes it.
std::string gzipped(const std::string& tar);

}  // namespace stagecache::cache::test
