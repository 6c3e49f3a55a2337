#include "http/response_writer.h"

#include <fmt/format.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <span>
#include <utility>

#include "stagecache/base/check.h"

namespace stagecache::http {
namespace {

// After this much a connection lets the others of its thread go first.
constexpr std::size_t kTurnBytes = 1 << 20;

int bytes_in_send_queue(int socket) {
  int bytes = 0;
  return ::ioctl(socket, SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

iovec part(const char* data, std::size_t size) {
  return {const_cast<char*>(data), size};
}

}  // namespace

ResponseWriter::ResponseWriter(boost::asio::ip::tcp::socket& socket,
                               const std::unique_ptr<Transport>& transport,
                               std::shared_ptr<IoLoop> loop, Shared& shared, Owner& owner)
    : socket_(socket),
      transport_(transport),
      loop_(std::move(loop)),
      shared_(shared),
      owner_(owner) {}

void ResponseWriter::begin(Outgoing outgoing) {
  CHECK(!body_ && !has_frame());
  frame_ = std::move(outgoing.head);
  frame_sent_ = 0;
  body_ = std::move(outgoing.body);
  framing_ = outgoing.framing;
  offset_ = outgoing.range.begin;
  end_ = outgoing.range.end;
  sends_nothing_ = framing_ == Framing::Length && offset_ == end_;
  chunk_left_ = 0;
  chunk_is_open_ = false;
  pump();
}

void ResponseWriter::abandon() {
  body_.reset();
  slice_ = {};
  pin_.reset();
  waits_for_body_ = waits_for_room_ = false;
}

void ResponseWriter::pump() {
  const auto life = owner_.writer_life();
  // What was taken before goes first, and must be gone before a response is done.
  const auto flushed = transport_->flush();
  if (flushed == Transport::Outcome::NeedsRoom) return wait_for_room();
  if (flushed != Transport::Outcome::Done) return owner_.peer_left();
  for (std::size_t turn = 0; turn < kTurnBytes; turn += store::kChunkBytes) {
    switch (prepare()) {
      case Next::Send: break;
      case Next::Wait: return wait_for_body();
      case Next::Done: return finish();
      case Next::Failed: return;
    }
    switch (send_once()) {
      case Transport::Outcome::Done: break;
      case Transport::Outcome::NeedsRoom: return wait_for_room();
      default: return owner_.peer_left();
    }
  }
  waits_for_room_ = true;  // Only for its turn, but as good a state.
  progress_at_ = std::chrono::steady_clock::now();
  boost::asio::post(loop_->context(), [this, life] {
    if (std::exchange(waits_for_room_, false)) pump();
  });
}

/// Sees to it that there is something to send, if there can be.
ResponseWriter::Next ResponseWriter::prepare() {
  if (!slice_.empty()) return Next::Send;
  if (!body_) return has_frame() ? Next::Send : Next::Done;
  if (is_complete()) return on_end();

  auto step = body_->read(offset_);
  if (!step) return fail_body(step.error());
  if (auto* slice = std::get_if<store::Slice>(&*step)) return take(std::move(*slice));
  if (std::holds_alternative<cache::AtEnd>(*step)) return on_end();
  // The head goes out ahead of the bytes; that of an empty body is all there is
  // and must wait for the verification.
  return has_frame() && !sends_nothing_ ? Next::Send : Next::Wait;
}

bool ResponseWriter::is_complete() const {
  return framing_ == Framing::Length && offset_ == end_ && !sends_nothing_;
}

ResponseWriter::Next ResponseWriter::on_end() {
  if (framing_ == Framing::Length && offset_ != end_) {
    return fail_body({ErrorCode::Corrupt, "body ends at byte " + std::to_string(offset_) + " of " +
                                              std::to_string(end_)});
  }
  if (chunk_left_ > 0) return fail_body({ErrorCode::Corrupt, "body ends inside of a chunk"});
  if (framing_ == Framing::Chunked)
    frame_ += std::exchange(chunk_is_open_, false) ? "\r\n0\r\n\r\n" : "0\r\n\r\n";
  body_.reset();
  return has_frame() ? Next::Send : Next::Done;
}

ResponseWriter::Next ResponseWriter::take(store::Slice slice) {
  if (slice.empty()) return fail_body({ErrorCode::Internal, "body gave an empty slice"});
  std::uint64_t wanted = slice.size();
  if (framing_ == Framing::Length) wanted = std::min(wanted, end_ - offset_);
  if (framing_ == Framing::Chunked) {
    if (chunk_left_ == 0) open_chunk(wanted);
    wanted = std::min(wanted, chunk_left_);
  }
  slice_ = wanted == slice.size() ? std::move(slice) : slice.first(wanted);
  return Next::Send;
}

void ResponseWriter::open_chunk(std::uint64_t size) {
  if (std::exchange(chunk_is_open_, true)) frame_ += "\r\n";
  frame_ += fmt::format("{:x}\r\n", size);
  chunk_left_ = size;
}

Transport::Outcome ResponseWriter::send_once() {
  const auto bytes = slice_.bytes();
  const std::array<iovec, 2> parts{part(frame_.data() + frame_sent_, frame_.size() - frame_sent_),
                                   part(reinterpret_cast<const char*>(bytes.data()), bytes.size())};
  const auto sent = transport_->send(std::span(parts).subspan(has_frame() ? 0 : 1));
  account(sent.bytes);
  return sent.outcome;
}

void ResponseWriter::account(std::size_t sent) {
  shared_.sent_bytes.fetch_add(sent, std::memory_order_relaxed);
  const std::size_t of_frame = std::min(sent, frame_.size() - frame_sent_);
  frame_sent_ += of_frame;
  if (!has_frame()) {
    frame_.clear();
    frame_sent_ = 0;
  }
  const std::size_t of_slice = sent - of_frame;
  offset_ += of_slice;
  if (framing_ == Framing::Chunked) chunk_left_ -= of_slice;
  slice_ = of_slice == slice_.size() ? store::Slice{} : slice_.after(of_slice);
}

void ResponseWriter::wait_for_room() {
  // What is left of a slice keeps its whole chunk in memory.
  if (!slice_.empty()) {
    if (auto pin = shared_.pins.try_pin(store::kChunkBytes)) pin_.emplace(std::move(*pin));
    else slice_ = {};
  }
  waits_for_room_ = true;
  progress_at_ = std::chrono::steady_clock::now();
  queued_at_progress_ = 0;
  socket_.async_wait(boost::asio::socket_base::wait_write,
                     [this, life = owner_.writer_life()](boost::system::error_code error) {
                       if (error || !std::exchange(waits_for_room_, false)) return;
                       pin_.reset();
                       pump();
                     });
}

void ResponseWriter::wait_for_body() {
  waits_for_body_ = true;
  owner_.waiting_for_body();
  if (!body_) return;  // The client has left.
  // Weak: a client that leaves must not be kept until its body moves.
  body_->when_ready(offset_, [loop = loop_, weak = std::weak_ptr(owner_.writer_life())] {
    boost::asio::post(loop->context(), [weak] {
      const auto writer = weak.lock();
      if (writer && std::exchange(writer->waits_for_body_, false)) writer->pump();
    });
  });
}

void ResponseWriter::finish() {
  abandon();
  owner_.response_sent();
}

ResponseWriter::Next ResponseWriter::fail_body(const Error& error) {
  // Without a length, and without chunks, a clean close would look like the end.
  const Cut cut = framing_ == Framing::UntilClose ? Cut::Reset : Cut::Close;
  const Error copy = error;  // The step that holds it goes with the body.
  abandon();
  owner_.response_failed(copy, cut);
  return Next::Failed;
}

bool ResponseWriter::has_stalled(SteadyTime now) {
  if (!waits_for_room_) return false;
  const int queued = bytes_in_send_queue(socket_.native_handle());
  if (queued < queued_at_progress_) progress_at_ = now;  // The client takes bytes, if slowly.
  queued_at_progress_ = queued;
  return now - progress_at_ >= shared_.options.send_timeout;
}

}  // namespace stagecache::http
