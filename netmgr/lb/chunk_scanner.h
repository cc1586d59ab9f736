#pragma once
// Follows a chunked body (RFC 9112, 7.1) as it passes, to know where it ends and that it is well formed.
// Bytes are passed on as they came, so it is strict: what another server might read differently (a bare LF, a
// size with more than hexadecimal digits, control characters in an extension) is an error, never repaired.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace netmgr::lb {

class ChunkScanner {
 public:
  enum class Result { kMore, kDone, kBad };
  // Takes bytes from the front of `bytes`; `used` is how many belong to this body: all for kMore, up to and
  // with the last CRLF for kDone. What is data is appended to `payload`, if there is one.
  Result scan(std::string_view bytes, size_t& used, std::string* payload = nullptr);

 private:
  enum class State : uint8_t {
    kSizeStart,
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerStart,
    kTrailer,
    kTrailerLf,
    kLastLf
  };
  bool step(char c);  // one byte outside of data; false: bad

  State state_ = State::kSizeStart;
  bool done_ = false;
  bool colon_ = false;        // seen in this trailer line
  unsigned char digits_ = 0;  // of this size
  uint32_t line_ = 0;         // bytes in extensions and trailers so far
  uint64_t left_ = 0;         // of this chunk's data
};

}  // namespace netmgr::lb
