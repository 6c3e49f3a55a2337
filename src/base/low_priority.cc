#include "stagecache/base/low_priority.h"

#include <linux/ioprio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace stagecache {
namespace {

/// Not the idle class: a commit of this thread on a busy disk would hold up everybody's.
constexpr int kLastOfBestEffort = IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 7);
constexpr int kLowest = 19;

}  // namespace

void take_low_priority() {
  // Where it is refused we are only a little less polite. On Linux both hold for one thread.
  const auto thread = static_cast<id_t>(::syscall(SYS_gettid));
  ::setpriority(PRIO_PROCESS, thread, kLowest);
  ::syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, static_cast<int>(thread), kLastOfBestEffort);
}

}  // namespace stagecache
