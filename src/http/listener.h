#pragma once
//
// Listener is one listening socket. It accepts on one I/O loop and deals the
// connections round robin to all of them. When the process has no descriptors
// left it pauses instead of spinning.
// Thread safety: `start`, `close` on the accepting loop's thread.

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <vector>

#include "http/io_loop.h"
#include "http/shared.h"

namespace stagecache::http {

using IoLoops = std::vector<std::shared_ptr<IoLoop>>;

class Listener {
 public:
  /// Binds and listens. Fails with BadInput or Conflict.
  static Result<std::unique_ptr<Listener>> bind(std::string_view address, Security security,
                                                const IoLoops& loops,
                                                std::shared_ptr<Shared> shared);
  /// Takes a socket over that listens already. Fails with BadInput when it is none.
  static Result<std::unique_ptr<Listener>> adopt(int socket, Security security,
                                                 const IoLoops& loops,
                                                 std::shared_ptr<Shared> shared);
  Listener(boost::asio::ip::tcp::acceptor acceptor, Security security, const IoLoops& loops,
           std::shared_ptr<Shared> shared);

  void start() { accept(); }
  void close();
  const std::string& address() const { return address_; }
  Security security() const { return security_; }

 private:
  void accept();
  void on_accept_error(boost::system::error_code error);
  void hand_over(boost::asio::ip::tcp::socket socket, std::shared_ptr<IoLoop> loop);

  boost::asio::ip::tcp::acceptor acceptor_;
  const Security security_;
  boost::asio::steady_timer pause_;
  const IoLoops loops_;
  const std::shared_ptr<Shared> shared_;
  const std::string address_;
  std::size_t next_loop_ = 0;
};

}  // namespace stagecache::http
