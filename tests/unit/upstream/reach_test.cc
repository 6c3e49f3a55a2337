// Who is reached and who never is: redirects, DNS, mirrors, proxy.

#include <gtest/gtest.h>

#include "tests/support/scripted_dns.h"
#include "tests/unit/upstream/bench.h"

namespace stagecache::upstream {
namespace {

using namespace std::chrono_literals;
using stagecache::test::ScriptedDns;
using namespace test;  // NOLINT: the bench.
using stagecache::test::ScriptedOrigin;

TEST(Redirects, AreFollowedHopByHop) {
  Bench bench([](Exchange& e) {
    if (e.path() == "/x.tgz") e.send(redirect_to("y?s=1#part"));
    else e.send(ok(5) + "hello");
  });

  ASSERT_TRUE(bench.fetch());
  EXPECT_EQ(bench.sink.body, "hello");
  EXPECT_EQ(bench.sink.head->url.target(), "/y?s=1");
  EXPECT_EQ(bench.sink.head->asked.path, "/x.tgz");
  EXPECT_EQ(bench.upstream.counters().requests, 2u);
}

TEST(Redirects, ToAHostThatIsNotListedAreDenied) {
  Bench bench([](Exchange& e) { e.send(redirect_to("https://evil.example/y")); });

  const Status status = bench.fetch();

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::Denied);
  EXPECT_TRUE(status.error().message.starts_with(
      bench.origin.url("/x.tgz redirected to https://evil.example/y: host evil.example is not")))
      << status.error().message;
}

TEST(Redirects, ToTheMetadataAddressAreDenied) {
  Bench bench([](Exchange& e) { e.send(redirect_to("http://169.254.169.254/latest/meta-data/")); });

  EXPECT_EQ(bench.fetch().error().code, ErrorCode::Denied);
}

TEST(Redirects, ToAnUnlistedPortOfAListedHostAreDenied) {
  const ScriptedOrigin other([](Exchange& e) { e.send(ok(5) + "hello"); });
  Bench bench([&](Exchange& e) { e.send(redirect_to(other.url("/y"))); });

  EXPECT_EQ(bench.fetch().error().code, ErrorCode::Denied);
  EXPECT_TRUE(other.requests().empty());
}

TEST(Redirects, InACircleEnd) {
  Bench bench([](Exchange& e) { e.send(redirect_to("/x.tgz")); });

  const Status status = bench.fetch();

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::Unavailable);
  EXPECT_TRUE(status.error().message.contains("redirected more than 10 times"))
      << status.error().message;
  EXPECT_EQ(bench.origin.requests().size(), 11u);
}

TEST(Redirects, CarryNoCredentialsToAnotherHost) {
  const ScriptedDns dns(ScriptedDns::Zone{{"other.example", {"127.0.0.1"}}});
  ScriptedOrigin origin([&](Exchange& e) {
    if (e.path() == "/x.tgz") e.send(redirect_to("/same"));
    else if (e.path() == "/same")
      e.send(redirect_to("http://other.example:" + e.field("Host").substr(10) + "/y"));
    else e.send(ok(5) + "hello");
  });
  Options options = quick();
  options.resolver = dns.server();
  Upstream upstream(
      options,
      Policy({loopback("127.0.0.1", origin.port()), loopback("other.example", origin.port())}, {}));
  RecordingSink sink;
  FetchRequest request;
  request.url = Url::parse(origin.url("/x.tgz")).value();
  request.headers = {{"Authorization", "Basic c2VjcmV0"}, {"Cookie", "a=b"}};

  const Status status = upstream.fetcher().fetch(request, sink, {});

  ASSERT_TRUE(status) << status.error().message;
  ASSERT_EQ(origin.requests().size(), 3u);
  EXPECT_TRUE(origin.requests()[1].contains("c2VjcmV0"));
  EXPECT_FALSE(origin.requests()[2].contains("c2VjcmV0"));
  EXPECT_FALSE(origin.requests()[2].contains("Cookie"));
}

/// What becomes of a fetch from a name that DNS points at this machine.
Status fetch_rebound(bool allow_private, std::size_t& requests) {
  const ScriptedDns dns(ScriptedDns::Zone{{"rebind.example", {"127.0.0.1"}}});
  const ScriptedOrigin origin([](Exchange& e) { e.send(ok(5) + "hello"); });
  HostRule rule = loopback("rebind.example", origin.port());
  rule.allow_private = allow_private;
  Options options = quick();
  options.resolver = dns.server();
  Upstream upstream(options, Policy({rule}, {}));
  RecordingSink sink;
  FetchRequest request;
  request.url = Url::parse(fmt::format("http://rebind.example:{}/x", origin.port())).value();
  Status status = upstream.fetcher().fetch(request, sink, {});
  requests = origin.requests().size();
  return status;
}

TEST(Rebinding, ANameThatPointsAtUsIsDenied) {
  std::size_t requests = 0;

  const Status status = fetch_rebound(false, requests);

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::Denied);
  EXPECT_TRUE(status.error().message.contains("127.0.0.1")) << status.error().message;
  EXPECT_EQ(requests, 0u);
}

TEST(Rebinding, UnlessTheHostsEntryAllowsIt) {
  std::size_t requests = 0;

  const Status status = fetch_rebound(true, requests);

  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(requests, 1u);
}

/// A fetch of `text` by an Upstream that may ask any loopback port of the origin, which
/// it takes for its own listener.
Status fetch_from_ourselves(const ScriptedOrigin& listener, std::string_view text, std::string name,
                            Options options = quick()) {
  Upstream upstream(std::move(options), Policy({loopback(std::move(name), listener.port())}, {}));
  upstream.own_listeners().set({fmt::format("127.0.0.1:{}", listener.port())});
  RecordingSink sink;
  FetchRequest request;
  request.url = Url::parse(fmt::format(fmt::runtime(text), listener.port())).value();
  return upstream.fetcher().fetch(request, sink, {});
}

TEST(Ourselves, AreNotReachedWhateverAnEntryAllows) {
  const ScriptedDns dns(
      ScriptedDns::Zone{{"alias.example", {"127.0.0.1"}}, {"zero.example", {"0.0.0.0"}}});
  const ScriptedOrigin listener([](Exchange& e) { e.send(ok(5) + "hello"); });
  Options options = quick();
  options.resolver = dns.server();

  for (const auto& [text, name] : std::vector<std::pair<const char*, const char*>>{
           {"http://127.0.0.1:{}/x", "127.0.0.1"},
           {"http://0.0.0.0:{}/x", "0.0.0.0"},
           {"http://[::ffff:127.0.0.1]:{}/x", "[::ffff:127.0.0.1]"},
           {"http://alias.example:{}/x", "alias.example"},
           {"http://zero.example:{}/x", "zero.example"}}) {
    const Status status = fetch_from_ourselves(listener, text, name, options);
    ASSERT_FALSE(status) << text;
    EXPECT_EQ(status.error().code, ErrorCode::Denied) << status.error().message;
    EXPECT_TRUE(status.error().message.contains("itself")) << status.error().message;
  }
  EXPECT_TRUE(listener.requests().empty());
}

TEST(Ourselves, AreTakenOutOfANamesAddresses) {
  const ScriptedDns dns(ScriptedDns::Zone{{"both.example", {"127.0.0.2", "127.0.0.1"}}});
  const ScriptedOrigin origin([](Exchange& e) { e.send(ok(5) + "hello"); });
  Options options = quick();
  options.resolver = dns.server();
  Upstream upstream(options, Policy({loopback("both.example", origin.port())}, {}));
  upstream.own_listeners().set({fmt::format("127.0.0.2:{}", origin.port())});
  RecordingSink sink;
  FetchRequest request;
  request.url = Url::parse(fmt::format("http://both.example:{}/x", origin.port())).value();

  const Status status = upstream.fetcher().fetch(request, sink, {});

  EXPECT_TRUE(status) << status.error().message;
}

TEST(Ourselves, AreNamedInTheViaFieldOfWhatWeSend) {
  Options options = quick();
  options.via = "stagecache-0123456789abcdef";
  Bench bench([](Exchange& e) { e.send(ok(5) + "hello"); }, options);
  bench.request.headers = {{"Via", "1.1 other"}};

  ASSERT_TRUE(bench.fetch());
  EXPECT_TRUE(bench.origin.requests()[0].contains("Via: 1.1 other\r\n"));
  EXPECT_TRUE(bench.origin.requests()[0].contains("Via: 1.1 stagecache-0123456789abcdef\r\n"));
}

TEST(Proxy, IsNotAskedForAPrivateAddress) {
  const ScriptedOrigin proxy([](Exchange& e) { e.send(ok(5) + "hello"); });
  Options options = quick();
  options.proxy = proxy.url("");
  Upstream upstream(options,
                    Policy({{.name = "10.0.0.5", .scheme = Scheme::Http, .ports = {}}}, {}));
  RecordingSink sink;
  FetchRequest request;
  request.url = Url::parse("http://10.0.0.5/x").value();

  EXPECT_EQ(upstream.fetcher().fetch(request, sink, {}).error().code, ErrorCode::Denied);
  EXPECT_TRUE(proxy.requests().empty());
}

TEST(Resolving, AnUnknownNameIsUnavailableAndNotAskedAgain) {
  const ScriptedDns dns({});
  Options options = quick();
  options.resolver = dns.server();
  Upstream upstream(options, Policy({{.name = "gone.example", .ports = {}}}, {}));
  RecordingSink sink;
  FetchRequest request;
  request.url = Url::parse("https://gone.example/x").value();

  EXPECT_EQ(upstream.fetcher().fetch(request, sink, {}).error().code, ErrorCode::Unavailable);
  EXPECT_EQ(upstream.counters().retries, 0u);
}

TEST(Mirrors, AreAskedAfterANotFound) {
  ScriptedOrigin origin(
      [](Exchange& e) { e.send(e.path() == "/mirror/x.tgz" ? ok(5) + "hello" : kNotFound); });
  const std::string place = fmt::format("127.0.0.1:{}", origin.port());
  Upstream upstream(quick(), Policy({loopback("127.0.0.1", origin.port())},
                                    {{.prefix = place + "/dead/", .also = {place + "/mirror/"}}}));
  RecordingSink sink;
  FetchRequest request;
  request.url = Url::parse(origin.url("/dead/x.tgz")).value();

  const Status status = upstream.fetcher().fetch(request, sink, {});

  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(sink.body, "hello");
}

TEST(Proxy, IsAskedInPlaceOfTheHostAndNothingIsResolved) {
  const ScriptedOrigin proxy([](Exchange& e) { e.send(ok(5) + "hello"); });
  Options options = quick();
  options.proxy = proxy.url("");
  options.resolver = "127.0.0.1:1";  // Nobody answers there.
  Upstream upstream(options,
                    Policy({{.name = "far.example", .scheme = Scheme::Http, .ports = {}}}, {}));
  RecordingSink sink;
  FetchRequest request;
  request.url = Url::parse("http://far.example/x").value();

  const Status status = upstream.fetcher().fetch(request, sink, {});

  ASSERT_TRUE(status) << status.error().message;
  EXPECT_TRUE(proxy.requests()[0].starts_with("GET http://far.example/x HTTP/1.1\r\n"));
}

TEST(Proxy, ThatRefusesATunnelIsNoAnswerOfTheHost) {
  const ScriptedOrigin proxy(
      [](Exchange& e) { e.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope"); });
  Options options = quick();
  options.proxy = proxy.url("");
  Upstream upstream(options, Policy({{.name = "far.example", .ports = {}}}, {}));
  RecordingSink sink;
  FetchRequest request;
  request.url = Url::parse("https://far.example/x").value();

  const Status status = upstream.fetcher().fetch(request, sink, {});

  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::Unavailable);
  EXPECT_FALSE(sink.head);
  EXPECT_TRUE(proxy.requests()[0].starts_with("CONNECT far.example:443 HTTP/1.1\r\n"));
}

TEST(Literals, OfIpv6AreConnectedToAsTheyStand) {
  HostRule rule = loopback("[::1]", 1);
  Upstream upstream(quick(), Policy({rule}, {}));
  RecordingSink sink;
  FetchRequest request;
  request.url = Url::parse("http://[::1]:1/x").value();

  const Status status = upstream.fetcher().fetch(request, sink, {});

  // Nobody listens, or the machine has no IPv6; either way it came as far as connecting.
  ASSERT_FALSE(status);
  EXPECT_TRUE(status.error().message.contains("onnect")) << status.error().message;
}

}  // namespace
}  // namespace stagecache::upstream
