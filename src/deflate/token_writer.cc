#include "token_writer.h"

namespace stagecache::deflate {
namespace {

template <class Array>
void append(const Array& values, std::size_t count, std::vector<std::byte>& out) {
  const auto bytes = std::as_bytes(std::span(values).first(count));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

void TokenWriter::begin(Tokens& out) {
  out_ = &out;
  cursor_.buffer_ = &buffer_;
  if (out.blocks.empty()) cursor_.run_begin_ = 0;
}

void TokenWriter::flush() {
  const auto literals = static_cast<std::size_t>(cursor_.literals_);
  append(buffer_.literals, literals, out_->literals);
  append(buffer_.runs, cursor_.runs_, out_->runs);
  append(buffer_.lengths, cursor_.matches_, out_->lengths);
  append(buffer_.distances, cursor_.matches_, out_->distances);
  flushed_ += literals + cursor_.matches_;
  cursor_.run_begin_ -= cursor_.literals_;
  cursor_.literals_ = 0;
  cursor_.matches_ = cursor_.runs_ = 0;
}

void TokenWriter::note_long_258() {
  out_->long_258.push_back(out_->lengths.size() + cursor_.matches_ - 1);
}

void TokenWriter::stored(std::span<const std::byte> bytes) {
  flush();
  out_->literals.insert(out_->literals.end(), bytes.begin(), bytes.end());
  flushed_ += bytes.size();
  cursor_.run_begin_ -= static_cast<std::int64_t>(bytes.size());
}

}  // namespace stagecache::deflate
