// These functions and not EVP's, though OpenSSL 3 deprecates them: EVP makes itself ready first, reading its
// configuration and the names of all ciphers, which takes longer than all else that most commands do.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "engine/image/digest.h"

#include <openssl/sha.h>

#include <algorithm>

#include "engine/error.h"

namespace engine {

namespace {
constexpr std::string_view kPrefix = "sha256:";

void require(int result) {
  if (result != 1) throw Error(Error::Kind::kInternal, "SHA-256: the crypto library refused the operation");
}
}  // namespace

void Sha256::Free::operator()(SHA256state_st* state) const {
  delete state;
}

Sha256::Sha256() : state_(new SHA256_CTX()) {
  require(SHA256_Init(state_.get()));
}

void Sha256::update(const void* data, size_t size) {
  require(SHA256_Update(state_.get(), data, size));
}

std::string Sha256::hex() {
  unsigned char bytes[SHA256_DIGEST_LENGTH];
  require(SHA256_Final(bytes, state_.get()));
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * sizeof(bytes));
  for (const unsigned char byte : bytes) {
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes.data(), bytes.size());
  return hash.hex();
}

bool is_sha256_hex(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string digest_hex(std::string_view digest) {
  if (digest.substr(0, kPrefix.size()) != kPrefix) return {};
  digest.remove_prefix(kPrefix.size());
  return is_sha256_hex(digest) ? std::string(digest) : std::string();
}

std::string chain_id(const std::string& parent_chain, const std::string& diff_id) {
  if (parent_chain.empty()) return digest_hex(diff_id);
  return sha256_hex("sha256:" + parent_chain + ' ' + diff_id);
}

}  // namespace engine
