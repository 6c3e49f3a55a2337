#include "http/error_line.h"

#include <gtest/gtest.h>

namespace stagecache::http {
namespace {

const Asked kAsked{.name = "https://a.org/dir/x.tgz", .host = "a.org"};

TEST(ErrorLine, NamesTheThingSaysWhyAndWhatToDo) {
  EXPECT_EQ(error_line(502, "sent nonsense", kAsked),
            "stagecache: https://a.org/dir/x.tgz: sent nonsense; try again later, then ask your "
            "operator for: stagecache why URL");
}

TEST(ErrorLine, RepeatsNeitherTheNameNorTheAdvice) {
  EXPECT_EQ(error_line(403, "host a.org is not listed; ask your operator to add it", kAsked),
            "stagecache: host a.org is not listed; ask your operator to add it");
  EXPECT_EQ(error_line(404, "https://a.org/dir/x.tgz: answered 404", kAsked),
            "stagecache: https://a.org/dir/x.tgz: answered 404; check the URL, the publisher has "
            "no such file");
}

TEST(ErrorLine, HasNoNameWhereNothingCouldBeRead) {
  EXPECT_EQ(error_line(505, "only HTTP/1.0 and HTTP/1.1", {.name = ""}),
            "stagecache: only HTTP/1.0 and HTTP/1.1; use HTTP/1.1");
}

TEST(ErrorLine, IsOnePrintableLine) {
  EXPECT_EQ(error_line(400, "a.org: a\r\nb\x1b[31m\xff; use c", kAsked),
            "stagecache: a.org: a? b?[31m?; use c");
}

TEST(ErrorLine, ShowsNoQuery) {
  EXPECT_EQ(
      error_line(502, "a.org: asked https://b.org/y?sig=1&x=2 and b.org/z?...; use c", kAsked),
      "stagecache: a.org: asked https://b.org/y?... and b.org/z?...; use c");
  EXPECT_EQ(asked_of_target("/mirror/a.org/x?sig=1").name, "/mirror/a.org/x?...");
  EXPECT_EQ(asked_of({.source = Url::parse("https://a.org/x?sig=1").value()}).name,
            "https://a.org/x?...");
}

TEST(ErrorLine, EveryStatusHasAdvice) {
  for (const int status :
       {400, 403, 404, 405, 408, 409, 410, 412, 413, 416, 417, 431, 500, 501, 502, 503, 504, 505})
    EXPECT_NE(error_line(status, "a.org broke", kAsked).find("; "), std::string::npos) << status;
}

TEST(ErrorLine, IsNeverLongerThanItMayBeAndKeepsItsEnds) {
  const std::string line =
      error_line(404, "a.org: " + std::string(5000, 'x') + "; use another", kAsked);

  EXPECT_EQ(line.size(), kErrorLineBytes);
  EXPECT_TRUE(line.starts_with("stagecache: a.org: xxx"));
  EXPECT_TRUE(line.ends_with("; use another"));
}

}  // namespace
}  // namespace stagecache::http
