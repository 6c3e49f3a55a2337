#pragma once
//
// Connection is one client. Over TLS it shakes hands first. Then it reads a request,
// hands it to the server's handler, lets the ResponseWriter answer, and reads the
// next. Requests that come early wait in the socket; responses keep their order
// that way.
//
// It closes only after the client has had a chance to read what was sent (a close
// with unread input would make the kernel throw the response away), and cuts at
// once where a body failed.
// Thread safety: all methods on the I/O thread, but for the callbacks it gives out.

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>

#include "http/io_loop.h"
#include "http/request_reader.h"
#include "http/response_writer.h"
#include "http/shared.h"
#include "http/tls_transport.h"

namespace stagecache::http {

class Connection final : public std::enable_shared_from_this<Connection>,
                         private ResponseWriter::Owner {
 public:
  Connection(boost::asio::ip::tcp::socket socket, Security security, std::shared_ptr<IoLoop> loop,
             std::shared_ptr<Shared> shared);
  ~Connection();

  /// Reads requests and answers them until either side has enough.
  void start();
  /// Answers 503 and closes: there are too many.
  void refuse();

  /// Looks at the deadline of the state.
  void tick(SteadyTime now);
  /// The server stops: ends now when no request is under way.
  void end_when_idle();
  /// The server's patience is over.
  void cut();

 private:
  enum class State {
    Greeting,  ///< The TLS handshake, from the accept to its end.
    Idle,      ///< Between requests: not a byte of the next has come.
    Reading,   ///< A request has begun to come in.
    Handling,  ///< The handler has it.
    Sending,   ///< The writer sends the response.
    Draining,  ///< The last response is sent; waits for the client's close.
    Closed,
  };

  void enter(State state);
  std::chrono::milliseconds patience(State state) const;

  void start_greeting();
  void open();
  void greet();
  void on_greeting_failed(TlsTransport::Handshake why);
  void speak_plainly();
  void read();
  void wait_for_input();
  void receive();
  void on_received(std::size_t count);
  void advance();
  void handle(RequestReader::Incoming incoming);
  void reject(int status, std::string text);
  Respond make_respond();
  void respond(Response response);
  ResponseWriter::Outgoing plan_text(const Response& response, HeadPlan& plan);
  ResponseWriter::Outgoing plan_body(const Response& response, HeadPlan& plan);
  bool sends_body(int status) const;

  void watch_for_close();
  void on_readable();
  void start_draining();
  void say_end();
  void drain();
  void leave();
  void close();
  void reset();

  // ResponseWriter::Owner
  void response_sent() override;
  void response_failed(const Error& error, ResponseWriter::Cut cut) override;
  void peer_left() override { close(); }
  void waiting_for_body() override { watch_for_close(); }
  std::shared_ptr<ResponseWriter> writer_life() override { return {shared_from_this(), &writer_}; }

  boost::asio::ip::tcp::socket socket_;
  const Security security_;
  const std::shared_ptr<IoLoop> loop_;
  const std::shared_ptr<Shared> shared_;
  std::string peer_, local_, local_port_;
  TlsTransport* tls_ = nullptr;  // transport_, where it is one.
  std::unique_ptr<Transport> transport_;
  RequestReader reader_;
  ResponseWriter writer_;

  State state_ = State::Idle;
  std::optional<PinBudget::Pin> greeting_;  // Leave to shake hands.
  bool refused_ = false;   // There are too many; a TLS client is told when it can listen.
  SteadyTime since_{};     // When the state was entered.
  bool watching_ = false;  // A wait for the client's close is out.
  std::size_t drained_bytes_ = 0;

  // Of the request under way.
  std::string method_, target_;
  int version_ = 11;
  Persistence persistence_ = Persistence::KeepAlive;
};

}  // namespace stagecache::http
