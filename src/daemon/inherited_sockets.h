#pragma once
// The sockets that systemd opened for us before we were started (socket activation,
// sd_listen_fds(3)): ports below 1024 without any capability, and no refused
// connection while we restart. Only the data listeners: the admin listener's
// address decides whether it needs a token, and is the configuration's.

#include <vector>

#include "stagecache/base/result.h"

namespace stagecache::daemon {

struct InheritedSockets {
  std::vector<int> data, data_tls;
};

/// By FileDescriptorName: "data", "data_tls". Fails with BadInput for another name,
/// and for what is no listening TCP socket. Call once, before threads are started.
Result<InheritedSockets> inherited_sockets();

}  // namespace stagecache::daemon
