// The graceful end of a server.

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "tests/unit/http/fake_body.h"
#include "tests/unit/http/raw_client.h"

namespace stagecache::http {
namespace {

using namespace std::chrono_literals;
using test::BodyScript;
using test::RawClient;
using test::start_server;

TEST(ServerStop, EndsIdleConnectionsAtOnce) {
  const auto server = start_server(test::echo_target);
  RawClient idle(*server), used(*server);
  used.get("/x");
  used.read_response();

  const auto begin = std::chrono::steady_clock::now();
  server->stop(30s);

  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
  EXPECT_EQ(idle.read_to_end() + used.read_to_end(), "");
  EXPECT_EQ(server->counters().open_connections, 0u);
}

TEST(ServerStop, LetsARunningResponseEnd) {
  const std::string bytes = test::pattern(3 << 20);
  const auto script = std::make_shared<BodyScript>(bytes);
  auto waited = script->waited_for();
  script->publish(1000);
  const auto server = start_server([&](Request, Respond respond) {
    Response response;
    response.body = CachedBody{test::sized_body(script, bytes.size()), {}};
    respond(std::move(response));
  });
  RawClient client(*server);
  client.get("/x");
  waited.wait();

  auto stopped = std::async(std::launch::async, [&] { server->stop(30s); });
  client.read_head();
  EXPECT_EQ(stopped.wait_for(50ms), std::future_status::timeout);
  script->finish();

  EXPECT_EQ(client.read_to_end(), bytes);
  client.close();
  stopped.get();
  EXPECT_EQ(server->counters().cut_bodies, 0u);
}

TEST(ServerStop, CutsWhatDoesNotEndInTime) {
  const auto script = std::make_shared<BodyScript>(std::string(1000, 'x'));
  auto dropped = script->dropped();
  script->publish(500);
  const auto server = start_server([&](Request, Respond respond) {
    Response response;
    response.body = CachedBody{test::sized_body(script, 1000), {}};
    respond(std::move(response));
  });
  RawClient client(*server);
  client.get("/x");
  client.read_head();
  EXPECT_EQ(client.read_bytes(500).size(), 500u);

  server->stop(20ms);

  EXPECT_EQ(dropped.wait_for(0s), std::future_status::ready);
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.end(), RawClient::End::Reset);
}

TEST(ServerStop, DropsARequestWhoseHandlerNeverAnswers) {
  std::promise<Respond> asked;
  auto server =
      start_server([&](Request, Respond respond) { asked.set_value(std::move(respond)); });
  RawClient client(*server);
  client.get("/x");
  auto respond = asked.get_future().get();

  server->stop(0ms);
  server.reset();

  respond(text_response(200, "too late"));  // Must find nobody, and no freed memory.
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(ServerStop, MayBeCalledTwiceAndBeforeStart) {
  auto server = Server::bind({.name = "x", .addresses = {"127.0.0.1:0"}}, test::echo_target);
  ASSERT_TRUE(server);
  (*server)->stop(1s);
  (*server)->stop(1s);

  const auto started = start_server(test::echo_target);
  started->stop(1s);
  started->stop(1s);
}

// Connections come and go from many threads while the server is torn down: what
// TSan and ASan are for.
TEST(ServerStop, IsSafeInTheMiddleOfTraffic) {
  for (int round = 0; round < 5; ++round) {
    const auto script_bytes = std::string(100'000, 'x');
    auto server = start_server([&](Request, Respond respond) {
      const auto script = std::make_shared<BodyScript>(script_bytes, 1000);
      Response response;
      response.body = CachedBody{test::sized_body(script, script_bytes.size()), {}};
      respond(std::move(response));
      script->finish();
    });
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 8; ++i) clients.push_back(std::make_unique<RawClient>(*server));
    std::vector<std::thread> threads;
    for (auto& client : clients) {
      threads.emplace_back([&client] {
        for (int i = 0; i < 50 && client->end() == RawClient::End::Open; ++i) {
          client->get("/x");
          client->read_response();
        }
      });
    }
    while (server->counters().requests < 20) std::this_thread::yield();
    server->stop(0ms);
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(server->counters().open_connections, 0u);
  }
}

}  // namespace
}  // namespace stagecache::http
