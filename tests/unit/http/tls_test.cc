// A server over TLS: what goes over the wire without TLS goes over it with TLS, too.

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "tests/unit/http/fake_body.h"
#include "tests/unit/http/raw_client.h"
#include "tests/unit/http/tls_client.h"

namespace stagecache::http {
namespace {

using namespace std::chrono_literals;
using test::BodyScript;
using test::pattern;
using test::sized_body;
using test::TlsClient;
using test::TlsServer;

Handler answers(std::function<std::shared_ptr<cache::Body>()> make_body) {
  return [make_body](Request, Respond respond) {
    Response response;
    response.body = CachedBody{make_body(), {}};
    respond(std::move(response));
  };
}

std::shared_ptr<BodyScript> finished(const std::string& bytes) {
  auto script = std::make_shared<BodyScript>(bytes);
  script->finish();
  return script;
}

TEST(Tls, AnswersRequestsOnOneConnectionAndTellsTheHandler) {
  TlsServer server([](Request request, Respond respond) {
    respond(text_response(200, request.target + (request.tls ? " tls" : " plain")));
  });
  TlsClient client(*server);

  for (const char* target : {"/1", "/2", "/3"}) {
    client.get(target);
    EXPECT_TRUE(client.read_response().ends_with(std::string(target) + " tls\n"));
  }
}

class Versions : public testing::TestWithParam<int> {};

TEST_P(Versions, SendSeveralBodiesWhole) {
  const std::string bytes = pattern(5'000'001);
  TlsServer server(answers([&] { return sized_body(finished(bytes), bytes.size()); }));
  TlsClient client(*server, {.highest_version = GetParam()});
  ASSERT_EQ(SSL_version(client.ssl()), GetParam());

  for (int i = 0; i < 3; ++i) {
    client.get("/x");
    client.read_head();
    ASSERT_EQ(client.read_bytes(bytes.size()), bytes);
  }

  EXPECT_EQ(server->counters().cut_bodies, 0u);
}

INSTANTIATE_TEST_SUITE_P(Tls, Versions, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST(Tls, RefusesWhatIsOlder) {
  TlsServer server(test::echo_target);

  EXPECT_FALSE(TlsClient(*server, {.highest_version = TLS1_1_VERSION}).connected());
}

// A slow client: the kernel takes part of what was encrypted, the slice is dropped.
TEST(Tls, SendsEverythingToASlowReaderThatMayPinNothing) {
  const std::string bytes = pattern(6'000'000);
  TlsServer server(answers([&] { return sized_body(finished(bytes), bytes.size()); }),
                   {.pinned_limit = 0});
  TlsClient client(*server, {.receive_buffer = 4096});
  client.get("/x");
  client.read_head();

  std::string got;
  for (int i = 0; i < 20; ++i) {
    got += client.read_bytes(10'000);
    std::this_thread::sleep_for(2ms);  // So that it is slow.
  }
  got += client.read_bytes(bytes.size() - got.size());

  EXPECT_EQ(got, bytes);
  EXPECT_EQ(server->counters().pinned_bytes, 0u);
}

TEST(Tls, DropsTheBodyWhenTheClientLeavesWhileItWaits) {
  const auto script = std::make_shared<BodyScript>(std::string(1000, 'x'));
  auto waited = script->waited_for(), dropped = script->dropped();
  TlsServer server(answers([&] { return sized_body(script, 1000); }));
  TlsClient client(*server);
  client.get("/x");
  waited.wait();

  client.leave();

  EXPECT_EQ(dropped.wait_for(20s), std::future_status::ready);
}

// Looking whether the client has left decrypts what it sent: that must not be lost.
TEST(Tls, AnswersARequestThatCameWhileAnotherWasWaitedFor) {
  const auto script = std::make_shared<BodyScript>(std::string(1000, 'x'));
  auto waited = script->waited_for();
  TlsServer server([&](Request request, Respond respond) {
    if (request.target != "/slow") return respond(text_response(200, request.target));
    Response response;
    response.body = CachedBody{sized_body(script, 1000), {}};
    respond(std::move(response));
  });
  TlsClient client(*server);
  client.get("/slow");
  waited.wait();

  client.send("GET /1 HTTP/1.1\r\nHost: us\r\n\r\nGET /2 HTTP/1.1\r\nHost: us\r\n\r\n");
  script->publish(500);
  std::this_thread::sleep_for(50ms);  // Until it has looked: nothing shows that outside.
  script->finish();

  EXPECT_TRUE(client.read_response().ends_with("x"));
  EXPECT_TRUE(client.read_response().ends_with("/1\n"));
  EXPECT_TRUE(client.read_response().ends_with("/2\n"));
}

TEST(Tls, CutsAClientThatTakesNoBytes) {
  const std::string bytes = pattern(20'000'000);
  const auto script = finished(bytes);
  auto dropped = script->dropped();
  TlsServer server(answers([&] { return sized_body(script, bytes.size()); }),
                   {.send_timeout = 200ms});
  TlsClient client(*server, {.receive_buffer = 4096});
  client.get("/x");

  EXPECT_EQ(dropped.wait_for(20s), std::future_status::ready);
}

TEST(Tls, SaysTheEndAfterTheLastResponseAndNotAfterACut) {
  const auto broken = std::make_shared<BodyScript>(std::string(1000, 'x'));
  broken->publish(400);
  broken->fail_with({ErrorCode::Corrupt, "wrong"});
  TlsServer server([&](Request request, Respond respond) {
    Response response = text_response(200, "good");
    response.close = true;
    if (request.target == "/broken") response.body = CachedBody{sized_body(broken, 1000), {}};
    respond(std::move(response));
  });
  TlsClient good(*server), cut(*server);
  good.get("/good");
  cut.get("/broken");

  EXPECT_TRUE(good.read_to_end().ends_with("good\n"));
  EXPECT_TRUE(good.was_told_the_end());
  EXPECT_TRUE(cut.read_to_end().ends_with("x"));
  EXPECT_FALSE(cut.was_told_the_end());
}

TEST(Tls, SaysTheEndToAnIdleConnection) {
  TlsServer server(test::echo_target, {.idle_timeout = 50ms});
  TlsClient client(*server);

  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_TRUE(client.was_told_the_end());
}

TEST(Tls, GoesOnAfterAKeyUpdate) {
  TlsServer server(test::echo_target);
  TlsClient client(*server);
  client.get("/1");
  client.read_response();

  ASSERT_EQ(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
  client.get("/2");

  EXPECT_TRUE(client.read_response().ends_with("/2\n"));
}

TEST(Tls, DoesNotNegotiateAnew) {
  TlsServer server(test::echo_target);
  TlsClient client(*server, {.highest_version = TLS1_2_VERSION});

  ASSERT_EQ(SSL_renegotiate(client.ssl()), 1);

  EXPECT_NE(SSL_do_handshake(client.ssl()), 1);
}

TEST(Tls, ResumesNoSession) {
  TlsServer server(test::echo_target);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(*server, {.highest_version = version});
    client.get("/x");
    client.read_response();  // In 1.3 tickets come with it.

    SSL_SESSION* const session = SSL_get0_session(client.ssl());

    EXPECT_FALSE(SSL_SESSION_has_ticket(session));
    EXPECT_FALSE(SSL_SESSION_is_resumable(session) && version == TLS1_3_VERSION);
  }
}

TEST(TlsHandshake, EndsInTimeOrTheConnectionDoes) {
  TlsServer server(test::echo_target, {.greeting_timeout = 60ms});
  const int silent = test::connect_to(server->tls_addresses().front());

  char byte;
  EXPECT_EQ(::recv(silent, &byte, 1, 0), 0);

  ::close(silent);
}

TEST(TlsHandshake, OfThoseWhoSayNothingTakesHalfOfTheConnectionsAtMost) {
  TlsServer server(test::echo_target, {.connection_limit = 4});
  const std::string address = server->tls_addresses().front();
  const std::array silent{test::connect_to(address), test::connect_to(address)};

  // Whoever comes before their handshakes have begun, on threads of their own, is let in.
  bool is_let_in = true;
  for (int tries = 0; tries < 1'000 && is_let_in; ++tries)
    is_let_in = TlsClient(*server).connected();
  EXPECT_FALSE(is_let_in);
  for (const int connected : silent) ::close(connected);
  while (server->counters().open_connections > 0) std::this_thread::yield();
  EXPECT_TRUE(TlsClient(*server).connected());
}

TEST(TlsHandshake, IsFollowedBy503WhenThereAreTooManyConnections) {
  TlsServer server(test::echo_target, {.connection_limit = 1});
  TlsClient first(*server);
  first.get("/x");
  first.read_response();

  TlsClient second(*server);

  EXPECT_TRUE(second.read_to_end().starts_with("HTTP/1.1 503 "));
}

TEST(TlsHandshake, IsMissedByPlainHttpWhichIsToldSo) {
  TlsServer server(test::echo_target);
  const int plain = test::connect_to(server->tls_addresses().front());
  const std::string request = "GET /x HTTP/1.1\r\nHost: us\r\n\r\n" + std::string(50'000, 'x');
  ASSERT_GT(::send(plain, request.data(), request.size(), MSG_NOSIGNAL), 0);

  std::string answer(4096, '\0');
  answer.resize(static_cast<std::size_t>(::recv(plain, answer.data(), answer.size(), 0)));

  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
  EXPECT_TRUE(answer.ends_with("stagecache: this port speaks TLS; use an https:// URL\n"));
  ::close(plain);
}

}  // namespace
}  // namespace stagecache::http
