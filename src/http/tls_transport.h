#pragma once
//
// TlsTransport is the server's side of TLS over a socket. OpenSSL encrypts into
// memory and the transport sends: many records go to the kernel in one call
// (OpenSSL itself would make one call a record, 16 KiB), and an SSL_write never
// stops half way, so that the writer may drop a slice while it waits for room.
//
// The room in the kernel's buffer bounds how far it encrypts ahead: what does not
// fit is kept, at most 256 KiB of it and mostly nothing.
// Thread safety: one thread at a time, the one whose scratch buffer it is given.

#include <memory>
#include <string>
#include <vector>

#include "http/transport.h"

typedef struct ssl_st SSL;
typedef struct bio_st BIO;

namespace stagecache::http {

class CertificateSet;

class TlsTransport final : public Transport {
 public:
  enum class Handshake {
    Done,
    NeedsInput,
    NeedsRoom,
    PlainHttp,  ///< The client speaks HTTP without TLS.
    Failed,     ///< An alert may have been sent that says why.
  };

  /// `scratch` is the I/O thread's, empty between two calls; `socket` stays the caller's.
  TlsTransport(int socket, std::shared_ptr<const CertificateSet> certificates,
               std::vector<char>& scratch);
  ~TlsTransport() override;

  /// REQUIRES: Done before anything else is called.
  Handshake handshake();
  /// Why the handshake failed, as OpenSSL says it: "unsupported protocol"; "" where the client
  /// just went away, as a balancer's probe does.
  const std::string& failure() const { return failure_; }

  Transfer receive(std::span<char> room) override;
  Outcome peek() override;
  bool has_buffered() const override;
  Transfer send(std::span<const iovec> parts) override;
  Outcome flush() override;
  Outcome end() override;

 private:
  struct Pipe;  // What OpenSSL reads from and writes to.

  Outcome read_outcome(int result);
  bool encrypt(std::span<const iovec> parts, std::size_t from, std::size_t count);
  Outcome send_scratch();
  std::size_t room() const;

  const int socket_;
  const std::shared_ptr<const CertificateSet> certificates_;  // The SSL object points to it.
  std::vector<char>& scratch_;
  std::vector<char>* sink_;   // Where records go: unsent_, or scratch_ during `send`.
  std::vector<char> unsent_;  // Records that the kernel did not take yet.
  std::size_t unsent_begin_ = 0;
  bool said_goodbye_ = false;
  std::string failure_;
  SSL* const ssl_;
};

}  // namespace stagecache::http
