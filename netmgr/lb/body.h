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
  Result scan(std::string_view bytes, size_t& used) {
    used = 0;
    switch (framing_) {
      case Framing::kNone:
        return Result::kDone;
      case Framing::kChunked:
        return chunks_.scan(bytes, used);
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

 private:
  Framing framing_ = Framing::kNone;
  uint64_t left_ = 0;
  ChunkScanner chunks_;
};

}  // namespace netmgr::lb
