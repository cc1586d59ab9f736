#pragma once
// Who we are to a registry.
#include <functional>
#include <optional>
#include <string>

#include "engine/http/base64.h"

namespace engine::registry {

struct Credential {
  std::string user, password;
  std::string identity_token;  // a refresh token (OAuth 2) in place of a password
};

// Asked when a server wants to know; any thread. Nothing: nobody.
using CredentialSource = std::function<std::optional<Credential>()>;

inline std::string basic_authorization(const Credential& credential) {
  return engine::basic_authorization(credential.user, credential.password);
}

}  // namespace engine::registry
