#include "http/listener.h"

#include <sys/socket.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "http/address.h"
#include "http/connection.h"
#include "stagecache/base/log.h"

namespace stagecache::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr int kBacklog =
    4096;  // A whole foundation restages at once; the kernel cuts it to somaxconn.
constexpr std::chrono::milliseconds kPauseWithoutDescriptors{100};
// So many beyond the limit get a 503 that they can read; the rest are closed.
constexpr std::size_t kRefusedAtOnce = 64;

Error bind_error(std::string_view address, const error_code& error) {
  const std::string where(address);
  if (error == asio::error::address_in_use) {
    return {ErrorCode::Conflict, where +
                                     ": address in use; stop the process that listens there "
                                     "or choose another port under [listen]"};
  }
  if (error == asio::error::access_denied) {
    return {ErrorCode::BadInput, where +
                                     ": permission denied; ports below 1024 need the capability "
                                     "CAP_NET_BIND_SERVICE, which the systemd drop-in "
                                     "ports-below-1024.conf gives"};
  }
  return {ErrorCode::BadInput, "listen on " + where + ": " + error.message()};
}

error_code open_and_listen(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(kBacklog, error);
  return error;
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::bind(std::string_view address, Security security,
                                                 const IoLoops& loops,
                                                 std::shared_ptr<Shared> shared) {
  auto endpoint = parse_endpoint(address);
  if (!endpoint) return error_of(std::move(endpoint));
  tcp::acceptor acceptor(loops.front()->context());
  if (const error_code error = open_and_listen(acceptor, *endpoint))
    return std::unexpected(bind_error(address, error));
  return std::make_unique<Listener>(std::move(acceptor), security, loops, std::move(shared));
}

Result<std::unique_ptr<Listener>> Listener::adopt(int socket, Security security,
                                                  const IoLoops& loops,
                                                  std::shared_ptr<Shared> shared) {
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  const bool named = ::getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size) == 0;
  const bool is_tcp = named && (name.ss_family == AF_INET || name.ss_family == AF_INET6);
  tcp::acceptor acceptor(loops.front()->context());
  error_code error = asio::error::address_family_not_supported;
  if (is_tcp) acceptor.assign(name.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), socket, error);
  if (error)
    return fail(ErrorCode::BadInput,
                "inherited socket " + std::to_string(socket) + ": " + error.message());
  return std::make_unique<Listener>(std::move(acceptor), security, loops, std::move(shared));
}

Listener::Listener(tcp::acceptor acceptor, Security security, const IoLoops& loops,
                   std::shared_ptr<Shared> shared)
    : acceptor_(std::move(acceptor)),
      security_(security),
      pause_(loops.front()->context()),
      loops_(loops),
      shared_(std::move(shared)),
      address_(endpoint_text(acceptor_.local_endpoint())) {}

void Listener::close() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

void Listener::accept() {
  const auto& loop = loops_[next_loop_++ % loops_.size()];
  acceptor_.async_accept(loop->context(), [this, loop](error_code error, tcp::socket socket) {
    if (!acceptor_.is_open()) return;
    if (error) return on_accept_error(error);
    hand_over(std::move(socket), loop);
    accept();
  });
}

void Listener::on_accept_error(error_code error) {
  // The client gave up before we took it: nothing to wait for.
  if (error == asio::error::connection_aborted) return accept();
  log_warn("{}: accept on {}: {}", shared_->options.name, address_, error.message());
  pause_.expires_after(kPauseWithoutDescriptors);
  pause_.async_wait([this](error_code cancelled) {
    if (!cancelled && acceptor_.is_open()) accept();
  });
}

void Listener::hand_over(tcp::socket socket, std::shared_ptr<IoLoop> loop) {
  const std::uint64_t open = shared_->open.count();
  const std::size_t limit = shared_->options.connection_limit;
  if (open >= limit + kRefusedAtOnce) return;  // Closes it.

  shared_->connections.fetch_add(1, std::memory_order_relaxed);
  auto connection = std::make_shared<Connection>(std::move(socket), security_, loop, shared_);
  const bool refused = open >= limit;
  asio::post(loop->context(), [connection = std::move(connection), refused] {
    refused ? connection->refuse() : connection->start();
  });
}

}  // namespace stagecache::http
