#include "upstream/transfer.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "stagecache/base/check.h"
#include "stagecache/model/quantity.h"
#include "upstream/backoff.h"
#include "upstream/curl_handles.h"
#include "upstream/speed_guard.h"

namespace stagecache::upstream {
namespace {

using Steady = std::chrono::steady_clock;
using Outcome = std::expected<void, Failure>;

// How late a time limit may be noticed. A stop wakes the wait at once.
constexpr int kPollMs = 100;
// What an honest server sends after its last byte is the end of the connection,
// one round trip later at most; 250 ms covers the Atlantic twice.
constexpr std::chrono::milliseconds kLinger{250};
constexpr std::size_t kMaxHeadBytes = 64 * 1024;
constexpr long kReadBuffer = 256 * 1024;

struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
using MultiHandle = std::unique_ptr<CURLM, FreeMulti>;

class Transfer {
 public:
  Transfer(const Options& options, const Exchange& exchange, Receiver& receiver);
  Outcome run(std::stop_token stop);

 private:
  void set_request();
  void set_route();
  void set_callbacks();

  bool take_header_line(std::string_view line);
  bool finish_head();
  bool take_body(std::span<const std::byte> bytes);
  template <class Call>
  bool call_receiver(Call call);

  std::optional<Outcome> step(CURLM* multi);
  void pass_time();
  std::optional<Outcome> overdue() const;
  Outcome ended(CURLM* multi) const;
  Outcome failed(CURLcode code) const;

  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self);
  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address);

  const Options& options_;
  const Exchange& exchange_;
  Receiver& receiver_;

  std::array<char, CURL_ERROR_SIZE> curl_says_{};
  HeaderList request_headers_;
  HeaderList route_;
  EasyHandle easy_ = make_easy_handle();  // After what it points to, so that it goes first.

  RawHead head_;
  std::size_t head_bytes_ = 0;
  std::string broken_head_;  // Why, when the head could not be taken.
  bool head_done_ = false;
  std::stop_token stop_;
  bool stopped_ = false;  // By the Receiver.

  SpeedGuard speed_;
  Steady::time_point seen_ = Steady::now();  // When time was passed on last.
  Steady::duration head_wait_{0};
  Steady::duration lingered_{0};
};

/// Short enough for a few reads a second at a low rate.
long read_buffer(std::uint64_t rate) {
  const auto quarter = static_cast<long>(std::min<std::uint64_t>(rate / 4, kReadBuffer));
  return rate == 0 ? kReadBuffer : std::max(quarter, 1024L);
}

Transfer::Transfer(const Options& options, const Exchange& exchange, Receiver& receiver)
    : options_(options),
      exchange_(exchange),
      receiver_(receiver),
      speed_(options.low_speed_bytes, options.low_speed_time) {
  set_request();
  set_route();
  set_callbacks();
}

void Transfer::set_request() {
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_URL, exchange_.url.to_string().c_str());
  for (const Header& header : exchange_.headers)
    append_header(request_headers_, header.name, header.value);
  append_header(request_headers_, "Accept-Encoding", "identity");
  // libcurl drops what comes after Content-Length without a word. So we count
  // ourselves: it reads to the end of the connection, which we ask for.
  append_header(request_headers_, "Connection", "close");
  curl_easy_setopt(easy, CURLOPT_IGNORE_CONTENT_LENGTH, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request_headers_.get());
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options_.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, read_buffer(exchange_.rate));
  if (options_.ca_file.empty()) return;
  curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
  curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, options_.ca_file.c_str());
  // Said aloud, so that the system's certificates stay trusted beside the file's.
  if (const char* path = curl_version_info(CURLVERSION_NOW)->capath)
    for (const CURLoption option : {CURLOPT_CAPATH, CURLOPT_PROXY_CAPATH})
      curl_easy_setopt(easy, option, path);
}

void Transfer::set_route() {
  CURL* const easy = easy_.get();
  if (!exchange_.addresses) {
    curl_easy_setopt(easy, CURLOPT_PROXY, options_.proxy.c_str());
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    return;
  }
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  if (Address::parse(exchange_.url.host))
    return;  // libcurl looks no literal up, and takes no "[::1]".

  std::string list;
  for (const Address& address : *exchange_.addresses) {
    if (!list.empty()) list += ',';
    list += address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  }
  const std::string entry = fmt::format("+{}:{}:{}", exchange_.url.host, exchange_.url.port, list);
  route_.reset(curl_slist_append(nullptr, entry.c_str()));
  curl_easy_setopt(easy, CURLOPT_RESOLVE, route_.get());
}

void Transfer::set_callbacks() {
  CURL* const easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, curl_says_.data());
}

std::size_t Transfer::on_header(char* data, std::size_t, std::size_t size, void* self) {
  return static_cast<Transfer*>(self)->take_header_line({data, size}) ? size : 0;
}

std::size_t Transfer::on_body(char* data, std::size_t, std::size_t size, void* self) {
  const auto bytes = std::as_bytes(std::span(data, size));
  return static_cast<Transfer*>(self)->take_body(bytes) ? size : CURL_WRITEFUNC_ERROR;
}

curl_socket_t Transfer::on_socket(void* self, curlsocktype, curl_sockaddr* address) {
  const auto wanted = Address::from(&address->addr);
  const auto& checked = *static_cast<Transfer*>(self)->exchange_.addresses;
  if (!wanted || std::ranges::find(checked, *wanted) == checked.end()) return CURL_SOCKET_BAD;
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// Returns false to end the transfer.
bool Transfer::take_header_line(std::string_view line) {
  if (head_done_) return true;  // A trailer.
  head_bytes_ += line.size();
  if (head_bytes_ > kMaxHeadBytes) {
    broken_head_ = fmt::format("sent more than {} bytes of headers", kMaxHeadBytes);
    return false;
  }
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.empty()) return finish_head();
  if (line.starts_with("HTTP/")) {
    head_.headers.clear();
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  const std::size_t value = std::min(line.find_first_not_of(" \t", colon + 1), line.size());
  head_.headers.push_back({std::string(line.substr(0, colon)), std::string(line.substr(value))});
  return true;
}

bool Transfer::finish_head() {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200) return true;  // Interim.
  head_done_ = true;
  head_.status = static_cast<int>(status);
  head_.url = exchange_.url;
  return call_receiver([this] { return receiver_.on_head(std::move(head_)); });
}

bool Transfer::take_body(std::span<const std::byte> bytes) {
  speed_.received(bytes.size());
  return call_receiver([&] {
    const auto next = receiver_.on_body(bytes);
    // Not read meanwhile, the peer is slowed down by TCP.
    if (exchange_.pace) wait_or_stop(exchange_.pace(bytes.size()), stop_);
    return next;
  });
}

/// Returns false to end the transfer. Time inside the call is left out of all limits.
template <class Call>
bool Transfer::call_receiver(Call call) {
  pass_time();
  stopped_ = call() == Receiver::Next::Stop;
  seen_ = Steady::now();
  return !stopped_;
}

Outcome Transfer::run(std::stop_token stop) {
  const MultiHandle multi(curl_multi_init());
  CHECK(multi != nullptr);
  const std::stop_callback wake(stop, [&] { curl_multi_wakeup(multi.get()); });
  CHECK(curl_multi_add_handle(multi.get(), easy_.get()) == CURLM_OK);

  stop_ = stop;
  std::optional<Outcome> outcome;
  while (!outcome) {
    if (stop.stop_requested()) outcome = failure(ErrorCode::Cancelled, "cancelled");
    else outcome = step(multi.get());
    if (!outcome) curl_multi_poll(multi.get(), nullptr, 0, kPollMs, nullptr);
  }
  curl_multi_remove_handle(multi.get(), easy_.get());
  return *std::move(outcome);
}

/// Does what can be done now; an Outcome ends the transfer.
std::optional<Outcome> Transfer::step(CURLM* multi) {
  int running = 0;
  curl_multi_perform(multi, &running);
  pass_time();
  if (stopped_) return Outcome{};
  if (!broken_head_.empty())
    return failure(ErrorCode::Unavailable, broken_head_, {.worth = false, .after = {}});
  if (running == 0) return ended(multi);
  return overdue();
}

void Transfer::pass_time() {
  const auto now = Steady::now();
  const auto passed = now - std::exchange(seen_, now);
  if (!head_done_) head_wait_ += passed;
  else if (receiver_.has_all()) lingered_ += passed;
  else speed_.waited(passed);
}

std::optional<Outcome> Transfer::overdue() const {
  if (head_done_ && receiver_.has_all())
    return lingered_ > kLinger ? std::optional(Outcome{}) : std::nullopt;
  if (!head_done_ && head_wait_ > options_.header_timeout)
    return failure(ErrorCode::TimedOut, fmt::format("sent no headers within {}",
                                                    format_duration(options_.header_timeout)));
  if (head_done_ && speed_.too_slow())
    return failure(ErrorCode::TimedOut,
                   fmt::format("was slower than {} bytes a second for {}", options_.low_speed_bytes,
                               format_duration(options_.low_speed_time)));
  return std::nullopt;
}

Outcome Transfer::ended(CURLM* multi) const {
  int left = 0;
  const CURLMsg* const message = curl_multi_info_read(multi, &left);
  CHECK(message && message->msg == CURLMSG_DONE);
  // Many servers end TLS without a farewell; with all bytes here that is no fault.
  if (head_done_ && receiver_.has_all()) return {};
  return message->data.result == CURLE_OK ? Outcome{} : failed(message->data.result);
}

Outcome Transfer::failed(CURLcode code) const {
  const char* const text = curl_says_.front() ? curl_says_.data() : curl_easy_strerror(code);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: return failure(ErrorCode::TimedOut, text);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return failure(ErrorCode::Unavailable, text, {.worth = false, .after = {}});
    default: return failure(ErrorCode::Unavailable, text);
  }
}

}  // namespace

Outcome run_transfer(const Options& options, const Exchange& exchange, Receiver& receiver,
                     std::stop_token stop) {
  return Transfer(options, exchange, receiver).run(stop);
}

}  // namespace stagecache::upstream
