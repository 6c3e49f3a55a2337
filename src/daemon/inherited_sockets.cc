#include "inherited_sockets.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

namespace stagecache::daemon {
namespace {

struct Frees {
  void operator()(void* memory) const { std::free(memory); }
};

Status take(int socket, std::string_view name, InheritedSockets& into) {
  if (sd_is_socket(socket, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
    return fail(
        ErrorCode::BadInput,
        fmt::format("socket {} ({}) from systemd is no listening TCP socket", socket, name));
  if (name == "data") into.data.push_back(socket);
  else if (name == "data_tls") into.data_tls.push_back(socket);
  else
    return fail(ErrorCode::BadInput,
                fmt::format("socket {} from systemd is called \"{}\"; its unit needs "
                            "FileDescriptorName=data or FileDescriptorName=data_tls",
                            socket, name));
  return {};
}

}  // namespace

Result<InheritedSockets> inherited_sockets() {
  char** raw_names = nullptr;
  const int count = sd_listen_fds_with_names(1, &raw_names);
  const std::unique_ptr<char*, Frees> names(raw_names);
  if (count < 0)
    return fail(ErrorCode::BadInput,
                fmt::format("sockets from systemd: {}", std::strerror(-count)));
  InheritedSockets sockets;
  for (int i = 0; i < count; ++i) {
    const std::unique_ptr<char, Frees> name(raw_names[i]);
    RETURN_IF_ERROR(take(SD_LISTEN_FDS_START + i, name.get(), sockets));
  }
  return sockets;
}

}  // namespace stagecache::daemon
