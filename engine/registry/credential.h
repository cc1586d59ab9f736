#pragma once
// Who we are to a registry.
#include <functional>
#include <optional>
#include <string>

namespace engine::registry {

struct Credential {
  std::string user, password;
  std::string identity_token;  // a refresh token (OAuth 2) in place of a password
};

// Asked when a server wants to know; any thread. Nothing: nobody.
using CredentialSource = std::function<std::optional<Credential>()>;

// RFC 4648.
std::string base64(const std::string& bytes);
std::optional<std::string> from_base64(const std::string& text);

// The value of an Authorization header (RFC 7617).
inline std::string basic_authorization(const Credential& credential) {
  return "Basic " + base64(credential.user + ':' + credential.password);
}

}  // namespace engine::registry
