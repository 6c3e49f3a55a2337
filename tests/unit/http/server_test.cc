#include "stagecache/http/server.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "tests/unit/http/raw_client.h"

namespace stagecache::http {
namespace {

using namespace std::chrono_literals;
using test::echo_target;
using test::RawClient;
using test::start_server;

bool starts_with_status(const std::string& response, int status) {
  return response.starts_with("HTTP/1.1 " + std::to_string(status) + " ");
}

TEST(Server, AnswersAThousandRequestsOnOneConnection) {
  const auto server = start_server(echo_target);
  RawClient client(*server);

  for (int i = 0; i < 1000; ++i) {
    const std::string target = "/" + std::to_string(i);
    client.get(target);
    ASSERT_TRUE(client.read_response().ends_with("\r\n\r\n" + target + "\n"));
  }

  EXPECT_EQ(server->counters().requests, 1000u);
  EXPECT_EQ(server->counters().connections, 1u);
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  const auto server = start_server(echo_target);
  RawClient client(*server);

  std::string requests;
  for (int i = 0; i < 2000; ++i)
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: us\r\n\r\n";
  std::thread sender([&] { client.send(requests); });

  for (int i = 0; i < 2000; ++i)
    ASSERT_TRUE(client.read_response().ends_with("\r\n\r\n/" + std::to_string(i) + "\n")) << i;
  sender.join();
}

TEST(Server, AnswersWhenTheHandlerRespondsLaterFromAnotherThread) {
  std::promise<Respond> asked;
  const auto server =
      start_server([&](Request, Respond respond) { asked.set_value(std::move(respond)); });
  RawClient client(*server);
  client.get("/x");

  auto respond = asked.get_future().get();
  std::thread([&] { respond(text_response(200, "late")); }).join();

  EXPECT_TRUE(client.read_response().ends_with("late\n"));
}

TEST(Server, TellsTheHandlerBothAddresses) {
  std::promise<Request> asked;
  const auto server = start_server([&](Request request, Respond respond) {
    asked.set_value(request);
    respond(text_response(200, ""));
  });
  RawClient client(*server);
  client.get("/x", "X-Y: z\r\n");

  const Request request = asked.get_future().get();

  EXPECT_EQ(request.peer, "127.0.0.1");
  EXPECT_EQ(request.local, "127.0.0.1");
  EXPECT_EQ(find_header(request.headers, "x-y"), "z");
}

TEST(Server, SendsNoBodyForHeadAndNotModified) {
  const auto server = start_server([](Request request, Respond respond) {
    respond(text_response(request.target == "/304" ? 304 : 200, "12345"));
  });
  RawClient client(*server);

  client.send("HEAD /x HTTP/1.1\r\nHost: us\r\n\r\n");
  EXPECT_NE(client.read_head().find("Content-Length: 6\r\n"), std::string::npos);
  client.get("/304");
  EXPECT_TRUE(starts_with_status(client.read_head(), 304));
  client.get("/x");
  EXPECT_TRUE(starts_with_status(client.read_response(), 200));
}

TEST(Server, ClosesWhenTheClientAsksFor) {
  const auto server = start_server(echo_target);
  RawClient client(*server);

  client.get("/x", "Connection: close\r\n");

  EXPECT_NE(client.read_to_end().find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(client.end(), RawClient::End::Closed);
}

TEST(Server, ClosesAfterAnHttp10RequestUnlessAskedToKeepAlive) {
  const auto server = start_server(echo_target);
  RawClient once(*server);
  once.send("GET /x HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(once.read_to_end().ends_with("/x\n"));
  EXPECT_EQ(once.end(), RawClient::End::Closed);

  RawClient twice(*server);
  for (const char* target : {"/1", "/2"}) {
    twice.send("GET " + std::string(target) + " HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_NE(twice.read_response().find("Connection: keep-alive\r\n"), std::string::npos);
  }
}

struct FaultCase {
  const char* name;
  std::string request;
  int status;
};
class Faults : public testing::TestWithParam<FaultCase> {};

TEST_P(Faults, AreAnsweredAndTheConnectionClosed) {
  const auto server = start_server(echo_target);
  RawClient client(*server);

  client.send(GetParam().request);

  const std::string response = client.read_to_end();
  EXPECT_TRUE(starts_with_status(response, GetParam().status)) << response;
  EXPECT_EQ(client.end(), RawClient::End::Closed);
}

// The 64 KiB behind the fault are never read as requests, and do not make the
// kernel throw the answer away either.
INSTANTIATE_TEST_SUITE_P(
    Cases, Faults,
    testing::Values(FaultCase{"Malformed", "nonsense\r\n\r\n" + std::string(65536, 'x'), 400},
                    FaultCase{"Body",
                              "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n" +
                                  std::string(65536, 'x'),
                              413},
                    FaultCase{"LongHead", "GET / HTTP/1.1\r\nX: " + std::string(65536, 'x'), 431}),
    [](const auto& test) { return test.param.name; });

TEST(Server, AnswersExpectContinueBeforeTheBodyComes) {
  const auto server = start_server(
      [](Request request, Respond respond) { respond(text_response(200, request.body)); },
      {.body_limit = 100});
  RawClient client(*server);

  client.send("POST /x HTTP/1.1\r\nHost: us\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(starts_with_status(client.read_head(), 100));
  client.send("hello");

  EXPECT_TRUE(client.read_response().ends_with("hello\n"));
}

TEST(Server, ClosesAConnectionThatIsIdleForTooLong) {
  const auto server = start_server(echo_target, {.idle_timeout = 100ms});
  RawClient client(*server);
  client.get("/x");
  client.read_response();

  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), RawClient::End::Closed);
}

TEST(Server, AnswersARequestThatComesTooSlowlyWith408) {
  const auto server = start_server(echo_target, {.header_timeout = 100ms});
  RawClient client(*server);

  client.send("GET /x HT");

  EXPECT_TRUE(starts_with_status(client.read_to_end(), 408));
  EXPECT_EQ(client.end(), RawClient::End::Closed);
}

TEST(Server, Answers503BeyondTheConnectionLimitAndRecovers) {
  const auto server = start_server(echo_target, {.connection_limit = 2});
  auto first = std::make_unique<RawClient>(*server);
  RawClient second(*server);
  for (RawClient* client : {first.get(), &second}) {
    client->get("/x");
    ASSERT_TRUE(starts_with_status(client->read_response(), 200));
  }

  RawClient third(*server);
  third.get("/x");
  EXPECT_TRUE(starts_with_status(third.read_to_end(), 503));
  EXPECT_EQ(third.end(), RawClient::End::Closed);
  third.close();

  first.reset();
  while (server->counters().open_connections > 1) std::this_thread::yield();
  RawClient fourth(*server);
  fourth.get("/x");
  EXPECT_TRUE(starts_with_status(fourth.read_response(), 200));
}

TEST(ServerBind, NamesThePortThatIsInUse) {
  const auto server = start_server(echo_target);
  const std::string address = server->addresses().front();

  const auto second = Server::bind({.name = "second", .addresses = {address}}, echo_target);

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::Conflict);
  EXPECT_TRUE(second.error().message.starts_with(address + ": address in use; "));
}

TEST(ServerBind, RefusesWhatIsNoAddress) {
  for (const char* address : {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "::1:80",
                              "host.example:80", "[127.0.0.1]:80"}) {
    const auto server = Server::bind({.name = "bad", .addresses = {address}}, echo_target);
    ASSERT_FALSE(server) << address;
    EXPECT_EQ(server.error().code, ErrorCode::BadInput) << address;
  }
}

TEST(ServerBind, AnswersNothingBeforeStart) {
  auto server = Server::bind({.name = "late", .addresses = {"127.0.0.1:0"}}, echo_target);
  ASSERT_TRUE(server);
  RawClient client(**server);
  client.get("/x");
  EXPECT_EQ((*server)->counters().requests, 0u);

  (*server)->start();

  EXPECT_TRUE(starts_with_status(client.read_response(), 200));
}

}  // namespace
}  // namespace stagecache::http
