#pragma once
//
// Transport moves the bytes of one connection, as they are or through TLS, and
// never blocks. It does not wait: the caller waits for the socket and calls again.
// PlainTransport is what the hit path was measured with; TlsTransport encrypts.
//
// A close without `end` is a cut: over TLS the client then sees no close_notify.
// Thread safety: one thread at a time.

#include <sys/uio.h>

#include <cstddef>
#include <span>

namespace stagecache::http {

class Transport {
 public:
  enum class Outcome {
    Done,
    NeedsInput,  ///< Call again when the socket is readable.
    NeedsRoom,   ///< Call again when the socket is writable.
    Ended,       ///< The client has closed, or what it sends makes no sense.
  };
  struct Transfer {
    Outcome outcome;
    std::size_t bytes = 0;
  };

  virtual ~Transport() = default;

  /// Takes what the client has sent: Done with at least a byte.
  virtual Transfer receive(std::span<char> room) = 0;
  /// Is there something to receive? Done when there is; takes nothing.
  virtual Outcome peek() = 0;
  /// True when `receive` has bytes of which the socket knows nothing any more.
  virtual bool has_buffered() const = 0;

  /// Sends `parts` in order. `bytes` of them need not be given again, also with
  /// NeedsRoom; what is given again may lie elsewhere and may end elsewhere.
  virtual Transfer send(std::span<const iovec> parts) = 0;
  /// Sends what `send` took and the socket did not.
  virtual Outcome flush() = 0;
  /// Tells the client that all has been said, and sends nothing after that.
  virtual Outcome end() = 0;
};

}  // namespace stagecache::http
