#include "http/tls_transport.h"

#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "http/certificate_set.h"
#include "http/openssl.h"
#include "stagecache/base/check.h"

namespace stagecache::http {
namespace {

constexpr std::size_t kRecordBytes = 16 << 10;  // RFC 8446 5.1
// In one call of the kernel. CPU seconds a GB with 16, 64, 256 KiB: 1.05, 0.85, 0.6
// (tests/bench/tls_bench.py).
constexpr std::size_t kMostAhead = 256 << 10;
// Handshake, alerts and answers to key updates need a few KiB; a client that asks
// for more of them and reads none is up to no good.
constexpr std::size_t kMostUnsent = kMostAhead + (64 << 10);

bool is_passing(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR || error == ENOBUFS;
}

bool is_plain_http(unsigned long error) {
  const int reason = ERR_GET_REASON(error);
  return ERR_GET_LIB(error) == ERR_LIB_SSL &&
         (reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST);
}

std::size_t total_of(std::span<const iovec> parts) {
  std::size_t total = 0;
  for (const iovec& part : parts) total += part.iov_len;
  return total;
}

}  // namespace

/// The callbacks of a BIO whose data is the transport.
struct TlsTransport::Pipe {
  static BIO* make(TlsTransport& transport) {
    static BIO_METHOD* const kMethod = make_method();
    BIO* const bio = BIO_new(kMethod);
    CHECK(bio);
    BIO_set_data(bio, &transport);
    BIO_set_init(bio, 1);
    return bio;
  }

  static BIO_METHOD* make_method() {
    BIO_METHOD* const method =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "transport");
    CHECK(method);
    BIO_meth_set_read(method, read);
    BIO_meth_set_write(method, write);
    BIO_meth_set_ctrl(method, control);
    return method;
  }

  static int read(BIO* bio, char* room, int size) {
    const auto& self = *static_cast<TlsTransport*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const ssize_t got =
        ::recv(self.socket_, room, static_cast<std::size_t>(size), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (got < 0 && is_passing(errno)) BIO_set_retry_read(bio);
    return static_cast<int>(got);
  }

  static int write(BIO* bio, const char* bytes, int size) {
    auto& self = *static_cast<TlsTransport*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (self.sink_->size() > kMostUnsent) return -1;
    self.sink_->insert(self.sink_->end(), bytes, bytes + size);
    return size;
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }
};

TlsTransport::TlsTransport(int socket, std::shared_ptr<const CertificateSet> certificates,
                           std::vector<char>& scratch)
    : socket_(socket),
      certificates_(std::move(certificates)),
      scratch_(scratch),
      sink_(&unsent_),
      ssl_(SSL_new(certificates_->context())) {
  CHECK(ssl_);
  BIO* const pipe = Pipe::make(*this);
  SSL_set_bio(ssl_, pipe, pipe);
  SSL_set_accept_state(ssl_);
}

TlsTransport::~TlsTransport() {
  SSL_free(ssl_);
}

TlsTransport::Handshake TlsTransport::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  const int error = SSL_get_error(ssl_, result);
  const unsigned long reason = ERR_peek_error();
  const bool went_away =
      error == SSL_ERROR_SSL && ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  if (error == SSL_ERROR_SSL && !went_away) failure_ = take_openssl_error();
  ERR_clear_error();
  const bool plain = error == SSL_ERROR_SSL && is_plain_http(reason);
  if (plain) return Handshake::PlainHttp;
  const Outcome flushed = flush();
  if (result != 1 && error != SSL_ERROR_WANT_READ) return Handshake::Failed;
  if (flushed == Outcome::Ended) return Handshake::Failed;
  if (flushed == Outcome::NeedsRoom) return Handshake::NeedsRoom;
  return result == 1 ? Handshake::Done : Handshake::NeedsInput;
}

TlsTransport::Transfer TlsTransport::receive(std::span<char> room) {
  ERR_clear_error();
  const int limit = static_cast<int>(std::min(room.size(), std::size_t{1} << 30));
  const int got = SSL_read(ssl_, room.data(), limit);
  return {read_outcome(got), got > 0 ? static_cast<std::size_t>(got) : 0};
}

TlsTransport::Outcome TlsTransport::peek() {
  char byte;
  ERR_clear_error();
  return read_outcome(SSL_peek(ssl_, &byte, 1));
}

TlsTransport::Outcome TlsTransport::read_outcome(int result) {
  if (result > 0) return Outcome::Done;
  const int error = SSL_get_error(ssl_, result);
  ERR_clear_error();
  (void)flush();  // The answer to a key update, or an alert.
  return error == SSL_ERROR_WANT_READ ? Outcome::NeedsInput : Outcome::Ended;
}

bool TlsTransport::has_buffered() const {
  return SSL_has_pending(ssl_) == 1;
}

TlsTransport::Transfer TlsTransport::send(std::span<const iovec> parts) {
  Transfer transfer{flush(), 0};
  const std::size_t wanted = total_of(parts);
  while (transfer.outcome == Outcome::Done && transfer.bytes < wanted) {
    const std::size_t count = std::min(wanted - transfer.bytes, room());
    sink_ = &scratch_;
    const bool encrypted = encrypt(parts, transfer.bytes, count);
    sink_ = &unsent_;
    if (!encrypted) return {Outcome::Ended, transfer.bytes};
    transfer.bytes += count;
    transfer.outcome = send_scratch();
  }
  return transfer;
}

/// Turns `count` bytes from byte `from` of `parts` on into records.
bool TlsTransport::encrypt(std::span<const iovec> parts, std::size_t from, std::size_t count) {
  ERR_clear_error();
  for (const iovec& part : parts) {
    const std::size_t skipped = std::min(from, part.iov_len);
    const std::size_t size = std::min(part.iov_len - skipped, count);
    from -= skipped;
    count -= size;
    if (size == 0) continue;
    const char* const bytes = static_cast<const char*>(part.iov_base) + skipped;
    if (SSL_write(ssl_, bytes, static_cast<int>(size)) != static_cast<int>(size)) {
      scratch_.clear();
      return false;
    }
  }
  return true;
}

/// Sends the records just made; what the kernel does not take is kept.
TlsTransport::Outcome TlsTransport::send_scratch() {
  std::size_t sent = 0;
  while (sent < scratch_.size()) {
    const ssize_t count = ::send(socket_, scratch_.data() + sent, scratch_.size() - sent,
                                 MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && !is_passing(errno)) {
      scratch_.clear();
      return Outcome::Ended;
    }
    if (count < 0) break;
    sent += static_cast<std::size_t>(count);
  }
  unsent_.assign(scratch_.begin() + static_cast<std::ptrdiff_t>(sent), scratch_.end());
  scratch_.clear();
  return unsent_.empty() ? Outcome::Done : Outcome::NeedsRoom;
}

TlsTransport::Outcome TlsTransport::flush() {
  while (unsent_begin_ < unsent_.size()) {
    const ssize_t count = ::send(socket_, unsent_.data() + unsent_begin_,
                                 unsent_.size() - unsent_begin_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return is_passing(errno) ? Outcome::NeedsRoom : Outcome::Ended;
    unsent_begin_ += static_cast<std::size_t>(count);
  }
  unsent_ = {};  // Gives the memory back: most connections never need it again.
  unsent_begin_ = 0;
  return Outcome::Done;
}

/// What the kernel will take now, in whole records: a client that reads slowly
/// shall not have more of it encrypted than that.
std::size_t TlsTransport::room() const {
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t size = sizeof memory;
  if (::getsockopt(socket_, SOL_SOCKET, SO_MEMINFO, memory.data(), &size) != 0)
    return kMostAhead / 4;
  const std::uint32_t limit = memory[SK_MEMINFO_SNDBUF], queued = memory[SK_MEMINFO_WMEM_QUEUED];
  const std::size_t free = limit > queued ? limit - queued : 0;
  return std::clamp(free / kRecordBytes * kRecordBytes, kRecordBytes, kMostAhead);
}

TlsTransport::Outcome TlsTransport::end() {
  ERR_clear_error();
  if (!std::exchange(said_goodbye_, true)) (void)SSL_shutdown(ssl_);
  ERR_clear_error();
  if (const Outcome flushed = flush(); flushed != Outcome::Done) return flushed;
  return ::shutdown(socket_, SHUT_WR) == 0 ? Outcome::Done : Outcome::Ended;
}

}  // namespace stagecache::http
