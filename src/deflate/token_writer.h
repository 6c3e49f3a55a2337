#pragma once
//
// Appends to the streams of a Tokens without a check a byte: room is made in advance.
// Private to the module.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "stagecache/deflate/tokens.h"

namespace stagecache::deflate {

/// The end of a vector, ahead of what is used of it. The rest is cut off at the end.
class Column {
 public:
  explicit Column(std::vector<std::byte>& bytes) : bytes_(bytes), used_(bytes.size()) {}
  ~Column() { bytes_.resize(used_); }
  Column(const Column&) = delete;
  Column& operator=(const Column&) = delete;

  void make_room(std::size_t count) {
    if (bytes_.size() - used_ < count) bytes_.resize(std::max(used_ + count, 2 * used_));
  }
  std::byte* end() { return bytes_.data() + used_; }
  void set_end(const std::byte* end) { used_ = static_cast<std::size_t>(end - bytes_.data()); }
  std::size_t used() const { return used_; }

 private:
  std::vector<std::byte>& bytes_;
  std::size_t used_;
};

/// How far a stretch has come. Cursors are valid until the next make_room.
class TokenWriter {
 public:
  explicit TokenWriter(Tokens& out)
      : out_(out),
        literals_(out.literals),
        runs_(out.runs),
        lengths_(out.lengths),
        distances_(out.distances) {
    take_cursors();
    // What lies before belongs to an earlier call: its open run goes on.
    run_begin_ = literals_.used() - open_run(out);
  }
  ~TokenWriter() { give_cursors(); }
  TokenWriter(const TokenWriter&) = delete;
  TokenWriter& operator=(const TokenWriter&) = delete;

  /// Room for `count` steps of at most three literals and one match.
  void make_room(std::size_t count) {
    give_cursors();
    literals_.make_room(3 * count);
    runs_.make_room(10 * count);
    lengths_.make_room(count);
    distances_.make_room(2 * count);
    take_cursors();
  }
  void make_literal_room(std::size_t count) {
    give_cursors();
    literals_.make_room(count);
    take_cursors();
  }

  void put_literal(unsigned value) { *literal_++ = static_cast<std::byte>(value); }
  void put_literals(const std::byte* bytes, std::size_t count) {
    if (count == 0) return;
    std::memcpy(literal_, bytes, count);
    literal_ += count;
  }
  /// `length` less 3, `distance` less 1.
  struct Match {
    unsigned length;
    unsigned distance;
  };
  void put_match(Match match) {
    const std::size_t at = literal_count();
    std::uint64_t before = at - run_begin_;
    run_begin_ = at;
    for (; before >= 0x80; before >>= 7) *run_++ = static_cast<std::byte>(before | 0x80);
    *run_++ = static_cast<std::byte>(before);
    *length_++ = static_cast<std::byte>(match.length);
    const auto wide = static_cast<std::uint16_t>(match.distance);
    std::memcpy(distance_, &wide, sizeof wide);
    distance_ += sizeof wide;
    matched_text_ += match.length + 3;
  }
  /// The last match was 258 long, written as code 284 and 31.
  void note_long_258() { out_.long_258.push_back(match_count() - 1); }

  std::size_t literal_count() const { return static_cast<std::size_t>(literal_ - literals_begin_); }
  std::size_t match_count() const { return static_cast<std::size_t>(length_ - lengths_begin_); }
  std::uint64_t tokens() const { return literal_count() + match_count(); }
  std::uint64_t matched_text() const { return matched_text_; }

 private:
  /// Literals behind the last match of what `out` holds already.
  static std::size_t open_run(const Tokens& out);

  void take_cursors() {
    literal_ = literals_.end();
    literals_begin_ = literal_ - literals_.used();
    run_ = runs_.end();
    length_ = lengths_.end();
    lengths_begin_ = length_ - lengths_.used();
    distance_ = distances_.end();
  }
  void give_cursors() {
    literals_.set_end(literal_);
    runs_.set_end(run_);
    lengths_.set_end(length_);
    distances_.set_end(distance_);
  }

  Tokens& out_;
  Column literals_, runs_, lengths_, distances_;
  std::byte *literal_ = nullptr, *run_ = nullptr, *length_ = nullptr, *distance_ = nullptr;
  std::byte *literals_begin_ = nullptr, *lengths_begin_ = nullptr;
  std::size_t run_begin_ = 0;
  std::uint64_t matched_text_ = 0;
};

}  // namespace stagecache::deflate
