#pragma once
// TLS of a frontend: certificates by the name a client asks for (SNI), versions, ciphers, certificates of
// clients. OpenSSL does it.
#include <memory>
#include <string>
#include <vector>

#include "netmgr/lb/config.h"

struct ssl_st;
struct ssl_ctx_st;

namespace netmgr::lb {

struct TlsDelete {
  void operator()(ssl_st* session) const;
  void operator()(ssl_ctx_st* context) const;
};
using TlsSession = std::unique_ptr<ssl_st, TlsDelete>;

class TlsContext {
 public:
  // Reads what the configuration names. Throws ConfigError saying which certificate is no good.
  explicit TlsContext(const TlsConfig& config);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

  // What it was made of, with the contents of files: the same need not be made again.
  static std::string digest(const TlsConfig& config);

  // A server's session on a socket, no byte of it read yet.
  TlsSession open(int fd) const;
  // For this name, as a client sends it.
  ssl_ctx_st* choose(const std::string& name) const;

 private:
  struct Certificate {
    std::unique_ptr<ssl_ctx_st, TlsDelete> context;
    std::vector<std::string> names;  // in lower case, may begin with "*."
  };
  void add(const std::string& pem, const std::string& where, const TlsConfig& config);

  std::string client_ca_;
  std::vector<Certificate> certificates_;
};

}  // namespace netmgr::lb
