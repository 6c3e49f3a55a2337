#pragma once
// The bytes of a connection as they are. Calls the kernel itself: Asio's
// async_write cuts a slice into 64 KiB sends.

#include "http/transport.h"

namespace stagecache::http {

class PlainTransport final : public Transport {
 public:
  /// `socket` stays the caller's.
  explicit PlainTransport(int socket) : socket_(socket) {}

  Transfer receive(std::span<char> room) override;
  Outcome peek() override;
  bool has_buffered() const override { return false; }
  Transfer send(std::span<const iovec> parts) override;
  Outcome flush() override { return Outcome::Done; }
  Outcome end() override;

 private:
  const int socket_;
};

}  // namespace stagecache::http
