#include "upstream/resolver.h"

#include <ares.h>
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>

namespace stagecache::upstream {
namespace {

// First try 2 s, and c-ares doubles it: an answer that got lost costs little.
constexpr int kFirstTryMs = 2'000;
constexpr int kTries = 3;
// Longest time that a stop goes unnoticed.
constexpr int kPollMs = 50;

struct DestroyChannel {
  void operator()(ares_channel channel) const { ares_destroy(channel); }
};
using Channel = std::unique_ptr<ares_channeldata, DestroyChannel>;

struct Answer {
  bool done = false;
  int status = ARES_SUCCESS;
  std::vector<Address> addresses;
};

void on_answer(void* context, int status, int /*timeouts*/, ares_addrinfo* found) {
  auto& answer = *static_cast<Answer*>(context);
  answer.done = true;
  answer.status = status;
  if (!found) return;
  for (const auto* node = found->nodes; node; node = node->ai_next) {
    const auto address = Address::from(node->ai_addr);
    if (address && std::ranges::find(answer.addresses, *address) == answer.addresses.end())
      answer.addresses.push_back(*address);
  }
  ares_freeaddrinfo(found);
}

Result<Channel> open_channel(const std::string& server) {
  static std::once_flag once;
  std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });

  char lookups_system[] = "fb";
  char lookups_dns[] = "b";
  ares_options options{};
  // A listed name is complete: with a search domain, "archive.apache.org" could
  // become somebody's "archive.apache.org.internal".
  options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
  options.timeout = kFirstTryMs;
  options.tries = kTries;
  options.lookups = server.empty() ? lookups_system : lookups_dns;
  ares_channel raw = nullptr;
  const int status = ares_init_options(
      &raw, &options, ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS);
  if (status != ARES_SUCCESS)
    return fail(ErrorCode::Internal, fmt::format("c-ares: {}", ares_strerror(status)));
  Channel channel(raw);

  if (!server.empty() && ares_set_servers_ports_csv(raw, server.c_str()) != ARES_SUCCESS)
    return fail(
        ErrorCode::BadInput,
        fmt::format("[upstream] resolver \"{}\" is not an address or address:port", server));
  return channel;
}

/// Lets c-ares read and write whatever is ready now, or its timers run.
void turn(ares_channel channel) {
  ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
  const auto bits = static_cast<unsigned>(ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM));
  std::vector<pollfd> polled;
  for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
    short events = 0;
    if (ARES_GETSOCK_READABLE(bits, i)) events |= POLLIN;
    if (ARES_GETSOCK_WRITABLE(bits, i)) events |= POLLOUT;
    if (events) polled.push_back({.fd = sockets[i], .events = events, .revents = 0});
  }

  ::poll(polled.data(), polled.size(), kPollMs);
  for (const pollfd& ready : polled) {
    const bool readable = (ready.revents & (POLLIN | POLLERR | POLLHUP)) != 0;
    const bool writable = (ready.revents & POLLOUT) != 0;
    ares_process_fd(channel, readable ? ready.fd : ARES_SOCKET_BAD,
                    writable ? ready.fd : ARES_SOCKET_BAD);
  }
  ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

ErrorCode code_of(int status) {
  switch (status) {
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME: return ErrorCode::NotFound;
    case ARES_ETIMEOUT: return ErrorCode::TimedOut;
    default: return ErrorCode::Unavailable;
  }
}

}  // namespace

Resolver::Resolver(Options options) : options_(std::move(options)) {}

Result<std::vector<Address>> Resolver::resolve(const std::string& host,
                                               std::stop_token stop) const {
  if (const auto literal = Address::parse(host)) return std::vector{*literal};

  Answer answer;  // Outlives the channel, whose end calls back, too.
  auto channel = open_channel(options_.server);
  if (!channel) return error_of(std::move(channel));

  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel->get(), host.c_str(), nullptr, &hints, on_answer, &answer);
  const auto deadline = std::chrono::steady_clock::now() + options_.timeout;
  while (!answer.done) {
    if (stop.stop_requested())
      return fail(ErrorCode::Cancelled, "resolving " + host + " cancelled");
    if (std::chrono::steady_clock::now() > deadline)
      return fail(ErrorCode::TimedOut, "resolving " + host + ": no answer from the name servers");
    turn(channel->get());
  }

  if (answer.status == ARES_SUCCESS && !answer.addresses.empty()) return answer.addresses;
  const int status = answer.status == ARES_SUCCESS ? ARES_ENODATA : answer.status;
  return fail(code_of(status), fmt::format("resolving {}: {}", host, ares_strerror(status)));
}

}  // namespace stagecache::upstream
