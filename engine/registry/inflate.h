#pragma once
// The bytes of a layer without their compression: gzip (RFC 1952, several members in a row too) by ISA-L,
// which is three times as fast as zlib, zstd (RFC 8878) by libzstd, or none. Which one it is, is seen from
// the first bytes, as not every media type is right.
#include <cstdint>
#include <memory>
#include <string>

#include "engine/image/unpack.h"

namespace engine::registry {

// Used by one thread.
class Inflate {
 public:
  // `name`: for messages.
  Inflate(ByteSource source, std::string name);
  ~Inflate();
  Inflate(const Inflate&) = delete;
  Inflate& operator=(const Inflate&) = delete;

  // Up to `size` bytes, 0 at the end. Throws engine::Error(kInvalid) for damaged or cut-off data; what the
  // source throws passes through.
  size_t read(char* buffer, size_t size);
  int64_t raw_bytes() const { return raw_bytes_; }  // taken from the source

 private:
  struct Gzip;
  struct Zstd;
  bool fill();  // false at the end of the source
  void look();
  size_t read_plain(char* buffer, size_t size);
  size_t read_gzip(char* buffer, size_t size);
  size_t read_zstd(char* buffer, size_t size);
  bool next_member();
  [[noreturn]] void refuse(const std::string& why) const;

  ByteSource source_;
  std::string name_, input_;
  size_t at_ = 0;  // in input_
  int64_t raw_bytes_ = 0;
  bool looked_ = false, source_ended_ = false, ended_ = false;
  std::unique_ptr<Gzip> gzip_;
  std::unique_ptr<Zstd> zstd_;
};

}  // namespace engine::registry
