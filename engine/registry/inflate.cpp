#include "engine/registry/inflate.h"

#include <isa-l.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "engine/error.h"

namespace engine::registry {

namespace {
constexpr size_t kInput = 256 * 1024;
constexpr std::string_view kGzipMagic("\x1f\x8b"), kZstdMagic("\x28\xb5\x2f\xfd");
constexpr int kLargestWindow = 27;  // 128 MiB, what zstd itself takes without being asked
}  // namespace

struct Inflate::Gzip {
  inflate_state state{};
};

struct Inflate::Zstd {
  ZSTD_DStream* stream = ZSTD_createDStream();
  size_t hint = 1;  // 0: a frame has ended
  Zstd() = default;
  ~Zstd() { ZSTD_freeDStream(stream); }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;
};

Inflate::Inflate(ByteSource source, std::string name) : source_(std::move(source)), name_(std::move(name)) {
  input_.reserve(kInput);
}

Inflate::~Inflate() = default;

void Inflate::refuse(const std::string& why) const {
  throw Error(Error::Kind::kInvalid, name_ + ": " + why);
}

bool Inflate::fill() {
  if (at_ < input_.size()) return true;
  if (source_ended_) return false;
  input_.resize(kInput);
  at_ = 0;
  const size_t n = source_(input_.data(), input_.size());
  input_.resize(n);
  raw_bytes_ += static_cast<int64_t>(n);
  source_ended_ = n == 0;
  return n > 0;
}

void Inflate::look() {
  looked_ = true;
  // A source may give its first bytes one by one.
  while (input_.size() < kZstdMagic.size()) {
    std::string more(kInput - input_.size(), '\0');
    const size_t n = source_(more.data(), more.size());
    if (n == 0) break;
    input_.append(more, 0, n);
    raw_bytes_ += static_cast<int64_t>(n);
  }
  const std::string_view start = input_;
  if (start.substr(0, kGzipMagic.size()) == kGzipMagic) {
    gzip_ = std::make_unique<Gzip>();
    isal_inflate_init(&gzip_->state);
    gzip_->state.crc_flag = ISAL_GZIP;
  } else if (start.substr(0, kZstdMagic.size()) == kZstdMagic) {
    zstd_ = std::make_unique<Zstd>();
    if (zstd_->stream == nullptr) throw Error(Error::Kind::kInternal, "zstd: out of memory");
    ZSTD_DCtx_setParameter(zstd_->stream, ZSTD_d_windowLogMax, kLargestWindow);
  }
}

size_t Inflate::read(char* buffer, size_t size) {
  if (!looked_) look();
  if (ended_ || size == 0) return 0;
  const size_t n = gzip_   ? read_gzip(buffer, size)
                   : zstd_ ? read_zstd(buffer, size)
                           : read_plain(buffer, size);
  ended_ = n == 0;
  return n;
}

size_t Inflate::read_plain(char* buffer, size_t size) {
  if (!fill()) return 0;
  const size_t n = std::min(size, input_.size() - at_);
  std::memcpy(buffer, input_.data() + at_, n);
  at_ += n;
  return n;
}

// After a member's end: whether another one begins. What else follows is nothing of ours: gzip ignores it,
// and the layer's digest speaks for what was read.
bool Inflate::next_member() {
  if (!fill()) return false;
  if (input_[at_] != kGzipMagic[0]) return false;
  isal_inflate_reset(&gzip_->state);
  gzip_->state.crc_flag = ISAL_GZIP;
  return true;
}

size_t Inflate::read_gzip(char* buffer, size_t size) {
  inflate_state& state = gzip_->state;
  state.next_out = reinterpret_cast<uint8_t*>(buffer);
  state.avail_out = static_cast<uint32_t>(std::min(size, size_t{1} << 30));
  const uint32_t wanted = state.avail_out;
  while (state.avail_out == wanted) {
    if (state.block_state == ISAL_BLOCK_FINISH && !next_member()) return 0;
    // What it has read ahead may still give output without any input.
    const bool more = fill();
    state.next_in = reinterpret_cast<uint8_t*>(input_.data()) + at_;
    state.avail_in = static_cast<uint32_t>(input_.size() - at_);
    const uint32_t offered = state.avail_in;
    const int result = isal_inflate(&state);
    at_ += offered - state.avail_in;
    if (result < 0) refuse("its gzip data is damaged");
    if (!more && state.avail_out == wanted && state.block_state != ISAL_BLOCK_FINISH)
      refuse("its gzip data is cut off");
  }
  return wanted - state.avail_out;
}

size_t Inflate::read_zstd(char* buffer, size_t size) {
  ZSTD_outBuffer out{buffer, size, 0};
  while (out.pos == 0) {
    if (!fill()) {
      if (zstd_->hint != 0) refuse("its zstd data is cut off");
      return 0;
    }
    ZSTD_inBuffer in{input_.data() + at_, input_.size() - at_, 0};
    zstd_->hint = ZSTD_decompressStream(zstd_->stream, &out, &in);
    at_ += in.pos;
    if (ZSTD_isError(zstd_->hint) != 0)
      refuse(std::string("its zstd data is damaged (") + ZSTD_getErrorName(zstd_->hint) + ')');
  }
  return out.pos;
}

}  // namespace engine::registry
