#pragma once
//
// ResponseWriter sends one response after the other over one connection: the hit
// path. It takes slices of a Body and hands them to the transport as they are, head
// and first slice in one call.
//
// While the client is slow it holds its slice as long as all connections together
// stay within the server's pin budget; beyond it waits with empty hands and reads
// the slice again when there is room in the socket. What cannot be completed is
// never ended cleanly: the owner is told to cut.
//
// Thread safety: all methods on the connection's I/O thread.

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "http/io_loop.h"
#include "http/pin_budget.h"
#include "http/response_head.h"
#include "http/shared.h"
#include "http/transport.h"
#include "stagecache/cache/body.h"
#include "stagecache/http/message.h"

namespace stagecache::http {

class ResponseWriter {
 public:
  /// How a connection is cut.
  enum class Cut {
    Close,  ///< The framing shows that bytes are missing.
    Reset,  ///< A clean close would pass for the end, or the client does not read.
  };

  /// The connection. Every call but `writer_life` is the last of a response.
  class Owner {
   public:
    virtual void response_sent() = 0;
    virtual void response_failed(const Error& error, Cut cut) = 0;
    virtual void peer_left() = 0;
    /// The writer now waits for the body: only the client can say something.
    virtual void waiting_for_body() = 0;
    /// Keeps the writer alive.
    virtual std::shared_ptr<ResponseWriter> writer_life() = 0;

   protected:
    ~Owner() = default;
  };

  struct Outgoing {
    std::string head;                   ///< And all of the body, where that is a text.
    std::shared_ptr<cache::Body> body;  ///< Or none.
    ByteRange range;                    ///< Bytes to send, with Framing::Length.
    Framing framing = Framing::Length;
  };

  /// `transport` moves what goes over `socket`; the owner may replace it between
  /// two responses.
  ResponseWriter(boost::asio::ip::tcp::socket& socket, const std::unique_ptr<Transport>& transport,
                 std::shared_ptr<IoLoop> loop, Shared& shared, Owner& owner);

  /// REQUIRES: the last response has been sent.
  void begin(Outgoing outgoing);

  /// Drops the body and all that it holds. For a connection that is closed.
  void abandon();

  /// True when the client has taken no byte for `timeout`. Call every now and
  /// then: progress inside the kernel's buffer shows only between two calls.
  bool has_stalled(SteadyTime now);

  std::uint64_t offset() const { return offset_; }

 private:
  enum class Next { Send, Wait, Done, Failed };

  void pump();
  Next prepare();
  Next on_end();
  Next take(store::Slice slice);
  void open_chunk(std::uint64_t size);
  Transport::Outcome send_once();
  void account(std::size_t sent);
  void wait_for_room();
  void wait_for_body();
  void finish();
  Next fail_body(const Error& error);

  bool is_complete() const;
  bool has_frame() const { return frame_sent_ < frame_.size(); }

  boost::asio::ip::tcp::socket& socket_;
  const std::unique_ptr<Transport>& transport_;
  const std::shared_ptr<IoLoop> loop_;
  Shared& shared_;
  Owner& owner_;

  std::string frame_;  // Head or chunk framing, to go out before the slice.
  std::size_t frame_sent_ = 0;

  std::shared_ptr<cache::Body> body_;
  Framing framing_ = Framing::Length;
  std::uint64_t offset_ = 0;      // Of the next byte of the body to send.
  std::uint64_t end_ = 0;         // With Framing::Length.
  bool sends_nothing_ = false;    // An empty body: its verification is still to be awaited.
  std::uint64_t chunk_left_ = 0;  // Bytes promised by the open chunk, not sent yet.
  bool chunk_is_open_ = false;    // Its CRLF is still to come.
  store::Slice slice_;

  bool waits_for_body_ = false;
  bool waits_for_room_ = false;
  std::optional<PinBudget::Pin> pin_;
  SteadyTime progress_at_{};
  int queued_at_progress_ = 0;  // Bytes in the kernel's send queue then.
};

}  // namespace stagecache::http
