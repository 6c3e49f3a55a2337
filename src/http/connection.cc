#include "http/connection.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "http/address.h"
#include "http/error_line.h"
#include "http/plain_transport.h"
#include "stagecache/base/log.h"

namespace stagecache::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// How long, and for how many bytes, a client may go on sending after our last
// response. Two seconds are what nginx's lingering close proved enough.
constexpr std::chrono::milliseconds kDrainTime{2'000};
constexpr std::size_t kDrainBytes = 1 << 20;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, Security security,
                       std::shared_ptr<IoLoop> loop, std::shared_ptr<Shared> shared)
    : socket_(std::move(socket)),
      security_(security),
      loop_(std::move(loop)),
      shared_(std::move(shared)),
      reader_({.header_bytes = shared_->options.header_limit,
               .body_bytes = shared_->options.body_limit}),
      writer_(socket_, transport_, loop_, *shared_, *this) {
  shared_->open.add();
  error_code ignored;
  peer_ = address_text(socket_.remote_endpoint(ignored).address());
  local_ = address_text(socket_.local_endpoint(ignored).address());
  local_port_ = std::to_string(socket_.local_endpoint(ignored).port());
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

Connection::~Connection() {
  shared_->open.remove();
}

void Connection::start() {
  if (loop_->stopping()) return;  // Nobody keeps it then, which closes it.
  loop_->add(shared_from_this());
  if (security_ == Security::Tls) return start_greeting();
  transport_ = std::make_unique<PlainTransport>(socket_.native_handle());
  open();
}

void Connection::start_greeting() {
  auto leave_to_greet = shared_->greetings.try_pin(1);
  if (!leave_to_greet) {
    log_info("{}: {}: closed, too many TLS handshakes are under way", shared_->options.name, peer_);
    return close();
  }
  greeting_.emplace(std::move(*leave_to_greet));
  auto tls = std::make_unique<TlsTransport>(
      socket_.native_handle(), shared_->options.certificates->current(), loop_->scratch());
  tls_ = tls.get();
  transport_ = std::move(tls);
  enter(State::Greeting);
  greet();
}

void Connection::refuse() {
  refused_ = true;
  start();
}

/// The client can be heard and answered.
void Connection::open() {
  greeting_.reset();
  if (refused_) return reject(503, "too many connections");
  enter(State::Idle);
  read();
}

void Connection::greet() {
  using enum TlsTransport::Handshake;
  const auto step = tls_->handshake();
  if (step == Done) return open();
  if (step != NeedsInput && step != NeedsRoom) return on_greeting_failed(step);
  const auto wait =
      step == NeedsInput ? asio::socket_base::wait_read : asio::socket_base::wait_write;
  socket_.async_wait(wait, [self = shared_from_this()](error_code error) {
    if (self->state_ != State::Greeting) return;
    if (error) return self->close();
    self->greet();
  });
}

void Connection::on_greeting_failed(TlsTransport::Handshake why) {
  if (why == TlsTransport::Handshake::Failed && !tls_->failure().empty())
    log_info("{}: {}: TLS handshake failed: {}", shared_->options.name, peer_, tls_->failure());
  // A close with unread input would make the kernel throw the alert away.
  speak_plainly();
  if (why == TlsTransport::Handshake::PlainHttp)
    return reject(400, "this port speaks TLS; use an https:// URL");
  start_draining();
}

void Connection::speak_plainly() {
  greeting_.reset();
  tls_ = nullptr;
  transport_ = std::make_unique<PlainTransport>(socket_.native_handle());
}

void Connection::enter(State state) {
  state_ = state;
  since_ = std::chrono::steady_clock::now();
}

std::chrono::milliseconds Connection::patience(State state) const {
  switch (state) {
    case State::Greeting: return shared_->options.greeting_timeout;
    case State::Idle: return shared_->options.idle_timeout;
    case State::Reading: return shared_->options.header_timeout;
    case State::Draining: return kDrainTime;
    case State::Handling:  // The handler answers when it can.
    case State::Sending:   // The writer knows whether bytes flow.
    case State::Closed: break;
  }
  return std::chrono::milliseconds::max();
}

void Connection::tick(SteadyTime now) {
  if (state_ == State::Sending && writer_.has_stalled(now)) {
    log_info("{}: {} {}: cut at byte {}, the client takes no bytes", shared_->options.name, peer_,
             target_, writer_.offset());
    return reset();
  }
  if (std::chrono::duration_cast<std::chrono::milliseconds>(now - since_) < patience(state_))
    return;
  if (state_ == State::Reading) return reject(408, "the request came too slowly");
  state_ == State::Idle ? leave() : close();
}

void Connection::end_when_idle() {
  if (state_ == State::Idle) return leave();
  if (state_ == State::Greeting || state_ == State::Draining) close();
}

void Connection::cut() {
  if (state_ != State::Closed) reset();
}

void Connection::read() {
  if (!transport_->has_buffered()) return wait_for_input();
  // Posted: what is in memory comes piece by piece and must not nest.
  asio::post(loop_->context(), [self = shared_from_this()] { self->receive(); });
}

void Connection::wait_for_input() {
  socket_.async_wait(asio::socket_base::wait_read, [self = shared_from_this()](error_code error) {
    // A request that came too slowly has been answered meanwhile.
    if (self->state_ != State::Idle && self->state_ != State::Reading) return;
    error ? self->close() : self->receive();
  });
}

void Connection::receive() {
  if (state_ != State::Idle && state_ != State::Reading) return;
  const auto received = transport_->receive(reader_.space());
  switch (received.outcome) {
    case Transport::Outcome::Done: return on_received(received.bytes);
    case Transport::Outcome::NeedsInput: return wait_for_input();
    default: return close();
  }
}

void Connection::on_received(std::size_t count) {
  reader_.received(count);
  // From its first byte a head has its time; a body has it anew with each piece.
  if (state_ == State::Idle || reader_.in_body()) enter(State::Reading);
  advance();
}

/// Takes the next step that the bytes so far allow.
void Connection::advance() {
  auto step = reader_.next();
  if (auto* incoming = std::get_if<RequestReader::Incoming>(&step))
    return handle(std::move(*incoming));
  if (auto* refusal = std::get_if<RequestReader::Reject>(&step))
    return reject(refusal->status, refusal->text);
  // Nothing else is in the socket's buffer, so these few bytes find room.
  const iovec go_ahead{const_cast<char*>(kContinue.data()), kContinue.size()};
  if (std::holds_alternative<RequestReader::SendContinue>(step))
    (void)transport_->send({&go_ahead, 1});
  read();
}

void Connection::handle(RequestReader::Incoming incoming) {
  shared_->requests.fetch_add(1, std::memory_order_relaxed);
  Request& request = incoming.request;
  method_ = request.method;
  target_ = request.target;
  version_ = request.version;
  persistence_ = incoming.persistence;
  request.peer = peer_;
  request.local = local_;
  request.local_port = local_port_;
  request.tls = security_ == Security::Tls;
  enter(State::Handling);
  shared_->handler(std::move(request), make_respond());
  if (state_ == State::Handling) watch_for_close();
}

/// The answer to what cannot be understood.
void Connection::reject(int status, std::string text) {
  method_.clear();
  version_ = 11;
  persistence_ = Persistence::Close;
  enter(State::Handling);
  respond(text_response(status, error_line(status, text, {.name = ""})));
}

Respond Connection::make_respond() {
  return [loop = loop_, weak = weak_from_this()](Response response) mutable {
    // At once when the handler answers before it returns, as for a hit.
    asio::dispatch(loop->context(),
                   [weak = std::move(weak), response = std::move(response)]() mutable {
                     const auto self = weak.lock();
                     if (self && self->state_ == State::Handling)
                       self->respond(std::move(response));
                   });
  };
}

void Connection::respond(Response response) {
  if (response.close || loop_->stopping()) persistence_ = Persistence::Close;
  HeadPlan plan{.framing = Framing::Length,
                .length = 0,
                .version = version_,
                .persistence = persistence_,
                .date = loop_->http_date()};
  const bool is_text = std::holds_alternative<std::string>(response.body);
  auto outgoing = is_text ? plan_text(response, plan) : plan_body(response, plan);
  if (plan.framing == Framing::UntilClose) plan.persistence = persistence_ = Persistence::Close;
  outgoing.framing = plan.framing;
  outgoing.head.insert(0, response_head(response, plan));
  enter(State::Sending);
  writer_.begin(std::move(outgoing));
}

ResponseWriter::Outgoing Connection::plan_text(const Response& response, HeadPlan& plan) {
  const auto& text = std::get<std::string>(response.body);
  plan.length = text.size();
  ResponseWriter::Outgoing outgoing;
  if (sends_body(response.status)) outgoing.head = text;
  return outgoing;
}

ResponseWriter::Outgoing Connection::plan_body(const Response& response, HeadPlan& plan) {
  const auto& [body, range] = std::get<CachedBody>(response.body);
  const auto size = body->meta().size;
  ResponseWriter::Outgoing outgoing;
  if (range) {
    outgoing.range = *range;
  } else if (size) {
    outgoing.range = {0, *size};
  } else {
    plan.framing = version_ >= 11 ? Framing::Chunked : Framing::UntilClose;
  }
  plan.length = outgoing.range.length();
  if (!sends_body(response.status)) return outgoing;
  if (range) body->limit(*range);
  outgoing.body = body;
  return outgoing;
}

bool Connection::sends_body(int status) const {
  return method_ != "HEAD" && status != 204 && status != 304;
}

/// Notices when the client closes while nothing is sent or read. Also a half
/// close counts: it cannot be told from a whole one, and those who wait for a
/// fill for minutes must not be kept by the dead.
void Connection::watch_for_close() {
  if (std::exchange(watching_, true)) return;
  socket_.async_wait(asio::socket_base::wait_read, [self = shared_from_this()](error_code error) {
    self->watching_ = false;
    if (!error) self->on_readable();
  });
}

void Connection::on_readable() {
  if (state_ != State::Handling && state_ != State::Sending) return;
  const auto seen = transport_->peek();
  if (seen == Transport::Outcome::Ended) return close();
  if (seen == Transport::Outcome::NeedsInput) return watch_for_close();
  // The next request is there already. Behind it a close cannot be seen, and
  // another wait would be over at once.
}

void Connection::response_sent() {
  if (persistence_ == Persistence::Close) return start_draining();
  if (loop_->stopping()) return leave();
  enter(reader_.has_begun() ? State::Reading : State::Idle);
  if (!reader_.has_begun()) return read();
  // Posted: a thousand pipelined requests must not nest.
  asio::post(loop_->context(), [self = shared_from_this()] {
    if (self->state_ == State::Reading) self->advance();
  });
}

void Connection::response_failed(const Error& error, ResponseWriter::Cut cut) {
  shared_->cut_bodies.fetch_add(1, std::memory_order_relaxed);
  log_warn("{}: {} {}: body cut at byte {}: {}", shared_->options.name, peer_, target_,
           writer_.offset(), error.message);
  if (cut == ResponseWriter::Cut::Reset) return reset();
  close();
}

void Connection::start_draining() {
  enter(State::Draining);
  say_end();
}

void Connection::say_end() {
  const auto said = transport_->end();
  if (said == Transport::Outcome::Done) return drain();
  if (said != Transport::Outcome::NeedsRoom) return close();
  socket_.async_wait(asio::socket_base::wait_write, [self = shared_from_this()](error_code error) {
    if (self->state_ != State::Draining) return;
    error ? self->close() : self->say_end();
  });
}

void Connection::drain() {
  socket_.async_wait(asio::socket_base::wait_read, [self = shared_from_this()](error_code error) {
    if (error || self->state_ != State::Draining) return self->close();
    std::array<char, 4096> unwanted;
    const ssize_t got =
        ::recv(self->socket_.native_handle(), unwanted.data(), unwanted.size(), MSG_DONTWAIT);
    if (got > 0) self->drained_bytes_ += static_cast<std::size_t>(got);
    const bool over = got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR);
    if (over || self->drained_bytes_ > kDrainBytes) return self->close();
    self->drain();
  });
}

/// Closes while nothing is owed: the client may take it for a good end.
void Connection::leave() {
  (void)transport_->end();
  close();
}

/// A cut, unless the end has been said.
void Connection::close() {
  if (state_ == State::Closed) return;
  enter(State::Closed);
  writer_.abandon();
  greeting_.reset();
  error_code ignored;
  socket_.close(ignored);
  loop_->remove(*this);
}

void Connection::reset() {
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  close();
}

}  // namespace stagecache::http
