#pragma once
// Bearer tokens of a registry's authorisation server. Source: Docker Registry v2 authentication, "Token
// Authentication Specification" (GET) and "OAuth2 Token Authentication" (POST with a refresh token).
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "engine/http/http_client.h"
#include "engine/registry/challenge.h"
#include "engine/registry/credential.h"

namespace engine::registry {

// Tokens by scope, kept until shortly before they end. Thread-safe; a request is made once however many
// threads want the token.
class TokenSource {
 public:
  // `registry`: for messages. `plain_allowed`: the authorisation server need not be encrypted, as the
  // registry is not.
  TokenSource(HttpClient& http, std::string registry, bool plain_allowed, bool verify)
      : http_(http), registry_(std::move(registry)), plain_allowed_(plain_allowed), verify_(verify) {}

  // The value of an Authorization header for `scope` ("repository:a/b:pull"; several with blanks between;
  // "" only says who we are). Throws engine::Error: kDenied when the server refuses the credentials (which
  // are sent to nobody but the realm's server, and never unencrypted for an encrypted registry), kInvalid
  // for an answer without token, HttpFailure.
  std::string authorization(const Challenge& challenge, const std::string& scope,
                            const std::optional<Credential>& credential);
  // The registry did not take the token.
  void forget(const std::string& scope);

 private:
  struct Token {
    std::string text;
    int64_t ends_s = 0;  // CLOCK_MONOTONIC
  };
  Token fetch(const Challenge& challenge, const std::string& scope,
              const std::optional<Credential>& credential);

  HttpClient& http_;
  std::string registry_;
  bool plain_allowed_, verify_;
  std::mutex mutex_;
  std::map<std::string, Token> tokens_;
};

}  // namespace engine::registry
