// The bench of the cache, for the modules on top of it.
#include "tests/unit/cache/cache_fixture.cc"
