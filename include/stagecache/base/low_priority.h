#pragma once

namespace stagecache {

/// From here on this thread gets what others leave: nice 19, last in the disk's queue. For passes
/// over everything that is stored, which nobody waits for.
void take_low_priority();

}  // namespace stagecache
