#pragma once
// SHA-256 as images use it: content addresses of blobs, diff ids, chain ids (OCI image-spec, descriptor.md
// and config.md "Layer ChainID").
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct SHA256state_st;

namespace engine {

// A running SHA-256. Not thread-safe. Throws engine::Error(kInternal) when OpenSSL refuses.
class Sha256 {
 public:
  Sha256();
  void update(const void* data, size_t size);
  // 64 lower-case hex digits; ends the computation.
  std::string hex();

 private:
  struct Free {
    void operator()(SHA256state_st* state) const;
  };
  std::unique_ptr<SHA256state_st, Free> state_;
};

// 64 hex digits of the SHA-256 of `bytes`.
std::string sha256_hex(std::string_view bytes);
// True for exactly 64 lower-case hex digits.
bool is_sha256_hex(std::string_view text);
// The 64 digits of "sha256:<64 hex>"; empty when `digest` is anything else.
std::string digest_hex(std::string_view digest);
// Chain id (without prefix) of the layer with `diff_id` ("sha256:...") on top of `parent_chain` (without
// prefix; empty for the bottom).
std::string chain_id(const std::string& parent_chain, const std::string& diff_id);

}  // namespace engine
