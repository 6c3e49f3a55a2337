#pragma once
// A Sink that keeps what it got, and the checks of the Sink's contract that every
// fetch must pass. One thread.

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

#include "stagecache/upstream/fetcher.h"

namespace stagecache::upstream::test {

struct RecordingSink final : Sink {
  std::optional<ResponseHead> head;
  std::string body;
  RetryHint hint;
  std::function<Status()> before_body = [] { return Status{}; };

  Status on_head(const ResponseHead& got) override {
    EXPECT_FALSE(head) << "two heads";
    head = got;
    return {};
  }
  Status on_body(std::span<const std::byte> bytes) override {
    EXPECT_TRUE(head) << "a body without a head";
    RETURN_IF_ERROR(before_body());
    body.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }
  void on_retry_hint(const RetryHint& got) override { hint = got; }
};

}  // namespace stagecache::upstream::test
