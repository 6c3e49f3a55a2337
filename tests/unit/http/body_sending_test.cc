// How bodies of the cache go out: whole and right, or visibly not whole.

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "http/response_head.h"
#include "tests/unit/http/fake_body.h"
#include "tests/unit/http/raw_client.h"

namespace stagecache::http {
namespace {

using namespace std::chrono_literals;
using test::BodyScript;
using test::pattern;
using test::RawClient;
using test::sized_body;
using test::start_server;
using test::unsized_body;

constexpr std::string_view kHttp10 = "GET /x HTTP/1.0\r\n\r\n";

Handler answers(std::function<CachedBody()> make_body) {
  return [make_body](Request, Respond respond) {
    Response response;
    response.body = make_body();
    respond(std::move(response));
  };
}

std::shared_ptr<BodyScript> finished(std::string bytes, std::size_t slice = store::kChunkBytes) {
  auto script = std::make_shared<BodyScript>(std::move(bytes), slice);
  script->finish();
  return script;
}

/// Takes the chunks apart; stops where the framing breaks or the last chunk is.
std::string unchunk(std::string_view text, bool& ended) {
  std::string bytes;
  ended = false;
  while (!text.empty()) {
    const std::size_t size =
        std::stoul(std::string(text.substr(0, text.find("\r\n"))), nullptr, 16);
    text.remove_prefix(text.find("\r\n") + 2);
    if (size == 0) {
      ended = text == "\r\n";
      return bytes;
    }
    if (text.size() < size + 2) return bytes.append(text.substr(0, size));
    bytes.append(text.substr(0, size));
    text.remove_prefix(size + 2);
  }
  return bytes;
}

TEST(BodySending, SendsAllBytesOfSeveralBodiesOnOneConnection) {
  const std::string bytes = pattern(5'000'001);
  const auto server = start_server(
      answers([&] { return CachedBody{sized_body(finished(bytes), bytes.size()), {}}; }));
  RawClient client(*server);

  for (int i = 0; i < 3; ++i) {
    client.get("/x");
    EXPECT_NE(client.read_head().find("Content-Length: 5000001\r\n"), std::string::npos);
    ASSERT_EQ(client.read_bytes(bytes.size()), bytes);
  }

  EXPECT_EQ(server->counters().cut_bodies, 0u);
  EXPECT_EQ(server->counters().pinned_bytes, 0u);
}

TEST(BodySending, LimitsTheBodyToTheRangeAsked) {
  const std::string bytes = pattern(2'000'000);
  const auto script = finished(bytes);
  const auto server = start_server(answers(
      [&] { return CachedBody{sized_body(script, bytes.size()), ByteRange{999, 1'500'000}}; }));
  RawClient client(*server);
  client.get("/x");

  EXPECT_NE(client.read_head().find("Content-Length: 1499001\r\n"), std::string::npos);
  EXPECT_EQ(client.read_bytes(1'499'001), bytes.substr(999, 1'499'001));
  EXPECT_EQ(script->limited_to(), (ByteRange{999, 1'500'000}));
}

TEST(BodySending, SendsTheHeadAndWhatIsThereWhileTheFillRuns) {
  const std::string bytes = pattern(1'000'000);
  const auto script = std::make_shared<BodyScript>(bytes);
  const auto server =
      start_server(answers([&] { return CachedBody{sized_body(script, bytes.size()), {}}; }));
  RawClient client(*server);
  client.get("/x");

  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 200"));
  for (std::size_t end = 1000; end <= 901'000; end += 100'000) {
    script->publish(end);
    ASSERT_EQ(client.read_bytes(end == 1000 ? 1000 : 100'000).size(),
              end == 1000 ? 1000u : 100'000u);
  }
  script->finish();
  EXPECT_EQ(client.read_bytes(99'000), bytes.substr(901'000));
}

TEST(BodySending, SendsAnUnknownLengthInChunksAndKeepsTheConnection) {
  const std::string bytes = pattern(3'000'000);
  const auto server =
      start_server(answers([&] { return CachedBody{unsized_body(finished(bytes)), {}}; }));
  RawClient client(*server);

  for (const char* fields : {"", "Connection: close\r\n"}) {
    client.get("/x", fields);
    const std::string head = client.read_head();
    EXPECT_NE(head.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
    EXPECT_EQ(head.find("Content-Length"), std::string::npos);
    if (*fields == '\0') {
      // 3,000,000 bytes are six chunks: five of 80000, one of 5c6c0.
      const std::size_t framing = 5 * 9 + 9 + 5;
      bool ended;
      EXPECT_EQ(unchunk(client.read_bytes(bytes.size() + framing), ended), bytes);
      EXPECT_TRUE(ended);
    }
  }
  bool ended;
  EXPECT_EQ(unchunk(client.read_to_end(), ended), bytes);
  EXPECT_TRUE(ended);
}

TEST(BodySending, EndsAnUnknownLengthForHttp10WithAClose) {
  const std::string bytes = pattern(3'000'000);
  const auto server =
      start_server(answers([&] { return CachedBody{unsized_body(finished(bytes)), {}}; }));
  RawClient client(*server);
  client.send(kHttp10);

  EXPECT_NE(client.read_head().find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(client.read_to_end(), bytes);
  EXPECT_EQ(client.end(), RawClient::End::Closed);
}

TEST(BodySending, AnswersAnEmptyBodyOnlyWhenItIsVerified) {
  const auto script = std::make_shared<BodyScript>("");
  auto waited = script->waited_for();
  const auto server = start_server(answers([&] { return CachedBody{sized_body(script, 0), {}}; }));
  RawClient client(*server);
  client.get("/x");
  waited.wait();
  EXPECT_EQ(server->counters().sent_bytes, 0u);

  script->finish();

  EXPECT_NE(client.read_head().find("Content-Length: 0\r\n"), std::string::npos);
}

TEST(BodySending, SendsNoByteOfABodyForHead) {
  const auto server =
      start_server(answers([&] { return CachedBody{unsized_body(finished("xyz")), {}}; }));
  RawClient client(*server);

  for (int i = 0; i < 2; ++i) {
    client.send("HEAD /x HTTP/1.1\r\nHost: us\r\n\r\n");
    EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 200"));
  }
}

class BodyFailure : public testing::Test {
 protected:
  /// 1,000,000 bytes of which the last 300,000 turn out to be wrong.
  BodyFailure() { script->publish(700'000); }
  void fail() { script->fail_with({ErrorCode::Corrupt, "sha256 differs"}); }

  const std::string bytes = pattern(1'000'000);
  const std::shared_ptr<BodyScript> script = std::make_shared<BodyScript>(bytes);
};

TEST_F(BodyFailure, CutsAResponseOfKnownLength) {
  const auto server =
      start_server(answers([&] { return CachedBody{sized_body(script, bytes.size()), {}}; }));
  RawClient client(*server);
  client.get("/x");
  client.read_head();
  EXPECT_EQ(client.read_bytes(700'000), bytes.substr(0, 700'000));

  fail();

  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(server->counters().cut_bodies, 1u);
}

TEST_F(BodyFailure, WithholdsTheLastChunk) {
  const auto server = start_server(answers([&] { return CachedBody{unsized_body(script), {}}; }));
  RawClient client(*server);
  client.get("/x");
  client.read_head();

  fail();

  bool ended;
  EXPECT_EQ(unchunk(client.read_to_end(), ended), bytes.substr(0, 700'000));
  EXPECT_FALSE(ended);
  EXPECT_EQ(server->counters().cut_bodies, 1u);
}

TEST_F(BodyFailure, ResetsAnHttp10ResponseWhoseCloseWouldPassForTheEnd) {
  const auto server = start_server(answers([&] { return CachedBody{unsized_body(script), {}}; }));
  RawClient client(*server);
  client.send(kHttp10);
  client.read_head();
  EXPECT_EQ(client.read_bytes(700'000), bytes.substr(0, 700'000));

  fail();

  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), RawClient::End::Reset);
  EXPECT_EQ(server->counters().cut_bodies, 1u);
}

TEST_F(BodyFailure, BeforeTheFirstByteSendsNothing) {
  const auto broken = std::make_shared<BodyScript>("");
  broken->fail_with({ErrorCode::Corrupt, "checksum"});
  const auto server = start_server(answers([&] { return CachedBody{sized_body(broken, 10), {}}; }));
  RawClient client(*server);
  client.get("/x");

  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(BodyFailure, IsAlsoABodyThatEndsEarly) {
  const auto server =
      start_server(answers([&] { return CachedBody{sized_body(finished("short"), 10), {}}; }));
  RawClient client(*server);
  client.get("/x");

  EXPECT_TRUE(client.read_to_end().ends_with("\r\n\r\nshort"));
  EXPECT_EQ(server->counters().cut_bodies, 1u);
}

TEST(BodySending, DropsTheBodyWhenTheClientLeavesWhileItWaits) {
  const auto script = std::make_shared<BodyScript>(std::string(1000, 'x'));
  auto dropped = script->dropped();
  auto waited = script->waited_for();
  const auto server =
      start_server(answers([&] { return CachedBody{sized_body(script, 1000), {}}; }));
  RawClient client(*server);
  client.get("/x");
  waited.wait();

  client.close();

  EXPECT_EQ(dropped.wait_for(10s), std::future_status::ready);
  script->finish();  // Late, and to nobody.
}

TEST(BodySending, CutsAClientThatTakesNoBytes) {
  const std::string bytes = pattern(20 << 20);
  const auto script = finished(bytes);
  auto dropped = script->dropped();
  const auto server =
      start_server(answers([&] { return CachedBody{sized_body(script, bytes.size()), {}}; }),
                   {.send_timeout = 200ms});
  RawClient client(*server, 4096);
  client.get("/x");

  EXPECT_EQ(dropped.wait_for(15s), std::future_status::ready);
  EXPECT_LT(client.read_to_end().size(), bytes.size());
  EXPECT_EQ(client.end(), RawClient::End::Reset);
}

/// Readers that take a little at a time, and more slices than may be
/// pinned: all get every byte right.
void expect_slow_readers_get_everything(std::uint64_t pinned_limit, Framing framing) {
  constexpr int kClients = 24;
  const std::string bytes = pattern(6'000'000);
  const auto server =
      start_server(answers([&] {
                     auto script = finished(bytes);
                     return CachedBody{framing == Framing::Length ? sized_body(script, bytes.size())
                                                                  : unsized_body(script),
                                       {}};
                   }),
                   {.pinned_limit = pinned_limit});
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<RawClient>(*server, 16 << 10));
    clients.back()->get("/x", "Connection: close\r\n");
    clients.back()->read_head();
  }
  EXPECT_LE(server->counters().pinned_bytes, pinned_limit);

  std::vector<std::string> got(kClients);
  while (clients.front()->end() == RawClient::End::Open) {
    for (std::size_t i = 0; i < clients.size(); ++i) got[i] += clients[i]->read_bytes(100'000);
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    got[i] += clients[i]->read_to_end();
    bool ended = true;
    EXPECT_TRUE((framing == Framing::Length ? got[i] : unchunk(got[i], ended)) == bytes);
    EXPECT_TRUE(ended);
  }
  EXPECT_EQ(server->counters().pinned_bytes, 0u);
}

TEST(SlowReaders, GetEverythingWithinThePinBudget) {
  expect_slow_readers_get_everything(64 << 20, Framing::Length);
}
TEST(SlowReaders, GetEverythingBeyondThePinBudget) {
  expect_slow_readers_get_everything(2 * store::kChunkBytes, Framing::Length);
}
TEST(SlowReaders, GetEverythingWithNoPinAtAll) {
  expect_slow_readers_get_everything(0, Framing::Length);
}
TEST(SlowReaders, GetEveryChunkWithNoPinAtAll) {
  expect_slow_readers_get_everything(0, Framing::Chunked);
}

}  // namespace
}  // namespace stagecache::http
