#pragma once
// Follows one body, however its end is known.
#include <algorithm>
#include <string_view>

#include "netmgr/lb/chunk_scanner.h"
#include "netmgr/lb/http_head.h"

namespace netmgr::lb {

class Body {
 public:
  using Result = ChunkScanner::Result;

  void begin(Framing framing, uint64_t length) {
    framing_ = framing;
    left_ = length;
    chunks_ = {};
  }
  Framing framing() const { return framing_; }
  // As ChunkScanner::scan; a body without bytes is done at once.
  Result scan(std::string_view bytes, size_t& used, std::string* payload = nullptr) {
    const Result result = follow(bytes, used, payload);
    if (payload != nullptr && framing_ != Framing::kChunked) payload->append(bytes.substr(0, used));
    return result;
  }

 private:
  Result follow(std::string_view bytes, size_t& used, std::string* payload) {
    used = 0;
    switch (framing_) {
      case Framing::kNone:
        return Result::kDone;
      case Framing::kChunked:
        return chunks_.scan(bytes, used, payload);
      case Framing::kClose:
        used = bytes.size();
        return Result::kMore;
      case Framing::kLength:
        used = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
        left_ -= used;
        return left_ == 0 ? Result::kDone : Result::kMore;
    }
    return Result::kBad;
  }

  Framing framing_ = Framing::kNone;
  uint64_t left_ = 0;
  ChunkScanner chunks_;
};

}  // namespace netmgr::lb
