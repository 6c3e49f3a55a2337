#include "http/plain_transport.h"

#include <sys/socket.h>

#include <cerrno>

namespace stagecache::http {
namespace {

bool is_passing(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR || error == ENOBUFS;
}

Transport::Outcome outcome_of(ssize_t got) {
  if (got > 0) return Transport::Outcome::Done;
  return got < 0 && is_passing(errno) ? Transport::Outcome::NeedsInput : Transport::Outcome::Ended;
}

}  // namespace

Transport::Transfer PlainTransport::receive(std::span<char> room) {
  const ssize_t got = ::recv(socket_, room.data(), room.size(), MSG_DONTWAIT);
  return {outcome_of(got), got > 0 ? static_cast<std::size_t>(got) : 0};
}

Transport::Outcome PlainTransport::peek() {
  char byte;
  return outcome_of(::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT));
}

Transport::Transfer PlainTransport::send(std::span<const iovec> parts) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  std::size_t wanted = 0;
  for (const iovec& part : parts) wanted += part.iov_len;

  const ssize_t sent = ::sendmsg(socket_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) return {is_passing(errno) ? Outcome::NeedsRoom : Outcome::Ended};
  const auto bytes = static_cast<std::size_t>(sent);
  return {bytes == wanted ? Outcome::Done : Outcome::NeedsRoom, bytes};
}

Transport::Outcome PlainTransport::end() {
  return ::shutdown(socket_, SHUT_WR) == 0 ? Outcome::Done : Outcome::Ended;
}

}  // namespace stagecache::http
