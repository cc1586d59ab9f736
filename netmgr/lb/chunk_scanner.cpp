#include "netmgr/lb/chunk_scanner.h"

#include <algorithm>

#include "netmgr/lb/http_syntax.h"

namespace netmgr::lb {
namespace {

constexpr unsigned kMaxDigits = 15;        // the size stays below 2^60
constexpr uint32_t kMaxExtra = 16 * 1024;  // of extensions and trailers in one body

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

ChunkScanner::Result ChunkScanner::scan(std::string_view bytes, size_t& used, std::string* payload) {
  used = 0;
  while (used < bytes.size()) {
    if (state_ == State::kData) {
      const uint64_t taken = std::min<uint64_t>(left_, bytes.size() - used);
      if (payload != nullptr) payload->append(bytes.substr(used, taken));
      used += taken;
      left_ -= taken;
      if (left_ == 0) state_ = State::kDataCr;
      continue;
    }
    if (!step(bytes[used++])) return Result::kBad;
    if (done_) return Result::kDone;
  }
  return Result::kMore;
}

bool ChunkScanner::step(char c) {
  switch (state_) {
    case State::kSizeStart:
      left_ = 0;
      digits_ = 0;
      state_ = State::kSize;
      [[fallthrough]];
    case State::kSize: {
      const int digit = digit_of(c);
      if (digit >= 0) {
        left_ = left_ * 16 + static_cast<uint64_t>(digit);
        return ++digits_ <= kMaxDigits;
      }
      if (digits_ == 0) return false;
      if (c == '\r')
        state_ = State::kSizeLf;
      else if (c == ';')
        state_ = State::kExtension;
      else
        return false;
      return true;
    }
    case State::kExtension:
      if (c == '\r')
        state_ = State::kSizeLf;
      else if (!is_field_text(c))
        return false;
      return ++line_ <= kMaxExtra;
    case State::kSizeLf:
      state_ = left_ == 0 ? State::kTrailerStart : State::kData;
      return c == '\n';
    case State::kDataCr:
      state_ = State::kDataLf;
      return c == '\r';
    case State::kDataLf:
      state_ = State::kSizeStart;
      return c == '\n';
    case State::kTrailerStart:
      colon_ = false;
      state_ = c == '\r' ? State::kLastLf : State::kTrailer;
      return c == '\r' || is_token(c);
    case State::kTrailer:
      if (c == '\r') {
        state_ = State::kTrailerLf;
        return colon_;
      }
      if (!colon_ && c == ':')
        colon_ = true;
      else if (colon_ ? !is_field_text(c) : !is_token(c))
        return false;
      return ++line_ <= kMaxExtra;
    case State::kTrailerLf:
      state_ = State::kTrailerStart;
      return c == '\n';
    case State::kLastLf:
      done_ = c == '\n';
      return done_;
    case State::kData:
      break;
  }
  return false;
}

}  // namespace netmgr::lb
