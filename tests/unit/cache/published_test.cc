// A publisher's checksum file beside an archive that nobody declared a digest for.

#include <fmt/format.h>

#include <map>

#include "stagecache/base/hasher.h"
#include "stagecache/base/hex.h"
#include "tests/unit/cache/cache_fixture.h"

namespace stagecache::cache {
namespace {

using namespace cache::test;

const std::string kBody = bytes_of(3 * kMiB);

std::string hex_of(HashKind kind, std::string_view bytes) {
  return to_hex(hash(kind, std::as_bytes(std::span(bytes))));
}

class Published : public CacheTest {
 protected:
  Published() { options.checksum_files = true; }

  /// The archive, and what lies beside it by its suffix; 404 for the rest.
  [[nodiscard]] Running start_with(std::map<std::string, std::string> files) {
    return start([files = std::move(files)](Exchange& e) {
      const auto file = files.find(e.path().substr(std::string("/x.tgz").size()));
      if (e.path() == "/x.tgz") serve(e, kBody);
      else if (file != files.end()) serve(e, file->second);
      else e.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    });
  }
  std::string strength() const {
    const auto source = store->find_source(key());
    return source ? source->strength_text() : "not stored";
  }
};

TEST_F(Published, ARightSumIsNotedWithItsAlgorithm) {
  for (const auto& [suffix, kind, strength] :
       {std::tuple(".sha512", HashKind::Sha512, "published sha512"),
        std::tuple(".sha256", HashKind::Sha256, "published sha256"),
        std::tuple(".sha256.txt", HashKind::Sha256, "published sha256"),
        std::tuple(".sha", HashKind::Sha1, "published sha1"),
        std::tuple(".md5", HashKind::Md5, "published md5")}) {
    const auto running = start_with({{suffix, hex_of(kind, kBody) + "  x.tgz\n"}});

    EXPECT_EQ(get(request()).bytes, kBody) << suffix;
    EXPECT_EQ(this->strength(), strength) << suffix;
    ASSERT_TRUE(store->remove(digest_of(kBody)));
  }
}

TEST_F(Published, AWrongSumCutsTheBodyAndStoresNothing) {
  for (const auto& [suffix, kind] :
       {std::pair(".sha512", HashKind::Sha512), std::pair(".sha256", HashKind::Sha256),
        std::pair(".sha", HashKind::Sha1), std::pair(".md5", HashKind::Md5)}) {
    const auto running = start_with({{suffix, hex_of(kind, "other") + "  x.tgz\n"}});

    const Received got = get(request());

    ASSERT_TRUE(got.error) << suffix;
    EXPECT_EQ(got.error->code, ErrorCode::Corrupt);
    EXPECT_LT(got.bytes.size(), kBody.size());
    for (const std::string& named :
         {hex_of(kind, kBody), hex_of(kind, "other"), "/x.tgz" + std::string(suffix)})
      EXPECT_NE(got.error->message.find(named), std::string::npos) << got.error->message;
    EXPECT_EQ(strength(), "not stored");
  }
}

TEST_F(Published, TheStrongestThatCanBeReadCounts) {
  const auto running = start_with({{".sha512", "<html>no such page</html>"},
                                   {".sha256", hex_of(HashKind::Sha256, kBody)},
                                   {".md5", hex_of(HashKind::Md5, "other")}});

  EXPECT_EQ(get(request()).bytes, kBody);
  EXPECT_EQ(strength(), "published sha256");
}

TEST_F(Published, NoneIsFirstSeen) {
  const auto running = start_with({});

  EXPECT_EQ(get(request()).bytes, kBody);
  EXPECT_EQ(strength(), "first seen");
  EXPECT_EQ(requests(), 6u);
}

TEST_F(Published, NobodyAsksWhereADigestWasDeclared) {
  const auto running = start_with({{".sha512", hex_of(HashKind::Sha512, "other")}});

  EXPECT_EQ(get(request("/x.tgz", digest_of(kBody))).bytes, kBody);
  EXPECT_EQ(requests(), 1u);
  EXPECT_EQ(strength(), "declared");
}

TEST_F(Published, NobodyAsksBesideWhatIsNoArchive) {
  const auto running = start([](Exchange& e) { serve(e, kBody); });

  EXPECT_EQ(get(request("/index.yml")).bytes, kBody);
  EXPECT_EQ(requests(), 1u);
}

TEST_F(Published, ARevalidationDoesNotAskAgain) {
  const auto running = start([](Exchange& e) {
    if (e.path() != "/x.tgz") return serve(e, hex_of(HashKind::Sha512, kBody));
    if (e.field("If-None-Match").empty()) return serve(e, kBody, "ETag: \"e\"\r\n");
    e.send(kNotModified);
  });
  get(request());
  ASSERT_TRUE(wait_until_idle());

  EXPECT_EQ(get(request()).bytes, kBody);
  EXPECT_EQ(requests(), 3u);
  EXPECT_EQ(strength(), "published sha512");
}

TEST_F(Published, AFailingChecksumServerDoesNotFailTheArchive) {
  const auto running = start([](Exchange& e) {
    if (e.path() == "/x.tgz") serve(e, kBody);
    else e.send(kUnavailable);
  });

  EXPECT_EQ(get(request()).bytes, kBody);
  EXPECT_EQ(strength(), "first seen");
  EXPECT_EQ(requests(), 6u);  // Each once.
}

TEST_F(Published, AnUnstoredBodyIsCheckedToo) {
  for (const auto& [suffix, kind] :
       {std::pair(".sha512", HashKind::Sha512), std::pair(".md5", HashKind::Md5)}) {
    const auto running = start([suffix = std::string(suffix), kind](Exchange& e) {
      if (e.path() == "/x.tgz") serve(e, kBody, "Cache-Control: no-store\r\n");
      else if (e.path() == "/x.tgz" + suffix) serve(e, hex_of(kind, "other"));
      else e.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    });

    const Received got = get(request());

    ASSERT_TRUE(got.error) << suffix;
    EXPECT_EQ(got.error->code, ErrorCode::Corrupt);
  }
}

TEST_F(Published, TheLastBytesWaitForTheSum) {
  Gate gate;
  const auto running = start([&gate](Exchange& e) {
    if (e.path() == "/x.tgz") return serve(e, kBody);
    if (e.path() == "/x.tgz.sha512") gate.wait();
    serve(e, hex_of(HashKind::Sha512, kBody));
  });
  const BodyPtr body = open(request()).value();

  EXPECT_FALSE(read_until(*body, kBody.size() - (64 << 10)).error);
  EXPECT_EQ(read_what_is_there(*body, kBody.size() - (64 << 10)), "");
  gate.open();

  EXPECT_EQ(read_all(*body).bytes, kBody);
  EXPECT_EQ(strength(), "published sha512");
}

TEST_F(Published, AnEndWhileTheSumIsAwaitedKeepsTheBytesForAResume) {
  std::atomic<bool> silent = true;
  const auto running = start([&silent](Exchange& e) {
    if (e.path() == "/x.tgz") serve(e, kBody);
    else if (silent) e.stay_silent();
    else serve(e, hex_of(HashKind::Sha512, kBody));
  });
  {
    const BodyPtr body = open(request()).value();
    EXPECT_FALSE(read_until(*body, kBody.size() - (64 << 10)).error);
  }
  silent = false;

  restart();

  EXPECT_TRUE(eventually([this] { return strength() == "published sha512"; }));
}

TEST_F(Published, CanBeSwitchedOff) {
  options.checksum_files = false;
  const auto running = start_with({{".sha512", hex_of(HashKind::Sha512, "other")}});

  EXPECT_EQ(get(request()).bytes, kBody);
  EXPECT_EQ(requests(), 1u);
}

}  // namespace
}  // namespace stagecache::cache
