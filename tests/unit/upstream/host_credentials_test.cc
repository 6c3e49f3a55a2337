#include "upstream/host_credentials.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_folder.h"

namespace stagecache::upstream {
namespace {

TEST(HostCredentials, AreReadInThreeForms) {
  struct Case {
    const char* text;
    const char* field;
  };
  for (const auto& [text, field] : {
           Case{"user:password", "Basic dXNlcjpwYXNzd29yZA=="},
           Case{"\n# a comment\n  user:pass:word \r\nmore:lines\n", "Basic dXNlcjpwYXNzOndvcmQ="},
           Case{"basic user:a b", "Basic dXNlcjphIGI="},
           Case{"Bearer abc.def", "Bearer abc.def"},
           Case{"bearer\tabc:def\n", "Bearer abc:def"},
           Case{"bearer:secret", "Basic YmVhcmVyOnNlY3JldA=="},
       })
    EXPECT_EQ(read_credentials(text), field) << text;
}

TEST(HostCredentials, AnythingElseIsRefusedWithoutBeingQuoted) {
  for (const char* text : {"", "\n\n# only a comment\n", "s3cret", "bearer", "bearer two s3cret",
                           "us\x01"
                           "er:s3cret"}) {
    const auto read = read_credentials(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::BadInput);
    EXPECT_FALSE(read.error().message.contains("s3cret")) << read.error().message;
  }
}

TEST(HostCredentials, AFileIsReadAnewEachTime) {
  const test::TempFolder folder;
  const std::string file = (folder.path() / "secret").string();
  EXPECT_EQ(authorization_from(file).error().code, ErrorCode::Unavailable) << "not there";

  std::ofstream(file) << "bearer one\n";
  EXPECT_EQ(authorization_from(file), "Bearer one");
  std::ofstream(file) << "bearer two\n";
  EXPECT_EQ(authorization_from(file), "Bearer two");
}

}  // namespace
}  // namespace stagecache::upstream
