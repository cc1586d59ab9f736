#include "engine/image/digest.h"

#include <openssl/evp.h>

#include <algorithm>

#include "engine/error.h"

namespace engine {

namespace {
constexpr std::string_view kPrefix = "sha256:";

void require(int result) {
  if (result != 1) throw Error(Error::Kind::kInternal, "SHA-256: the crypto library refused the operation");
}
}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  require(context_ ? 1 : 0);
  require(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

void Sha256::update(const void* data, size_t size) {
  require(EVP_DigestUpdate(context_.get(), data, size));
}

std::string Sha256::hex() {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  require(EVP_DigestFinal_ex(context_.get(), bytes, &size));
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(size * 2);
  for (unsigned i = 0; i < size; ++i) {
    text += kHex[bytes[i] >> 4];
    text += kHex[bytes[i] & 15];
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
