#include "stream_codec.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "stagecache/base/check.h"

namespace stagecache::pack {
namespace {

/// Less than this is not worth the time of every rebuild: the literals of jars, which are
/// compressed already, are copied instead of decoded.
constexpr std::size_t kWorthOneIn = 100;

/// Matches shorter than this are left to the ordinary search.
constexpr int kLongMatch = 32;

void set(ZSTD_CCtx* context, ZSTD_cParameter parameter, int value) {
  CHECK(!ZSTD_isError(ZSTD_CCtx_setParameter(context, parameter, value)));
}

/// The window must reach from the last byte back to the prefix's first.
int window_log(std::size_t bytes) {
  return std::clamp(static_cast<int>(std::bit_width(bytes)), 10, 27);
}

}  // namespace

void StreamEncoder::Free::operator()(ZSTD_CCtx_s* context) const {
  ZSTD_freeCCtx(context);
}

void StreamDecoder::Free::operator()(ZSTD_DCtx_s* context) const {
  ZSTD_freeDCtx(context);
}

StreamEncoder::StreamEncoder() : context_(ZSTD_createCCtx()) {
  CHECK(context_ != nullptr);
}

StreamDecoder::StreamDecoder() : context_(ZSTD_createDCtx()) {
  CHECK(context_ != nullptr);
}

Result<Coding> StreamEncoder::encode(const Order& order, std::vector<std::byte>& out) {
  ZSTD_CCtx* context = context_.get();
  ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters);
  set(context, ZSTD_c_compressionLevel, order.level);
  set(context, ZSTD_c_contentSizeFlag, 0);
  if (!order.prefix.empty()) {
    set(context, ZSTD_c_windowLog, window_log(order.bytes.size() + order.prefix.size()));
    set(context, ZSTD_c_enableLongDistanceMatching, 1);
    set(context, ZSTD_c_ldmMinMatch, kLongMatch);
    ZSTD_CCtx_refPrefix(context, order.prefix.data(), order.prefix.size());
  }

  const std::size_t before = out.size();
  out.resize(before + ZSTD_compressBound(order.bytes.size()));
  const std::size_t stored = ZSTD_compress2(context, out.data() + before, out.size() - before,
                                            order.bytes.data(), order.bytes.size());
  if (ZSTD_isError(stored))
    return fail(ErrorCode::Internal, fmt::format("zstd: {}", ZSTD_getErrorName(stored)));
  if (stored + order.bytes.size() / kWorthOneIn < order.bytes.size()) {
    out.resize(before + stored);
    return Coding::Zstd;
  }
  out.resize(before);
  out.insert(out.end(), order.bytes.begin(), order.bytes.end());
  return Coding::Raw;
}

Status StreamDecoder::decode(const Order& order, std::span<std::byte> out) {
  if (order.coding == Coding::Raw) {
    if (order.stored.size() != out.size())
      return fail(ErrorCode::Corrupt, fmt::format("a stream has {} bytes instead of {}",
                                                  order.stored.size(), out.size()));
    if (!out.empty()) std::memcpy(out.data(), order.stored.data(), out.size());
    return {};
  }
  ZSTD_DCtx* context = context_.get();
  ZSTD_DCtx_reset(context, ZSTD_reset_session_and_parameters);
  if (!order.prefix.empty()) ZSTD_DCtx_refPrefix(context, order.prefix.data(), order.prefix.size());
  const std::size_t size = ZSTD_decompressDCtx(context, out.data(), out.size(), order.stored.data(),
                                               order.stored.size());
  if (ZSTD_isError(size))
    return fail(ErrorCode::Corrupt, fmt::format("zstd: {}", ZSTD_getErrorName(size)));
  if (size != out.size())
    return fail(ErrorCode::Corrupt,
                fmt::format("a stream has {} bytes instead of {}", size, out.size()));
  return {};
}

}  // namespace stagecache::pack
