#pragma once
// Base64 (RFC 4648, section 4), as HTTP's basic authorization and Docker's config.json have it.
#include <optional>
#include <string>

namespace engine {

std::string base64(const std::string& bytes);
// Nothing for what is no base64, padding included.
std::optional<std::string> from_base64(const std::string& text);

// The value of an Authorization header (RFC 7617).
inline std::string basic_authorization(const std::string& user, const std::string& password) {
  return "Basic " + base64(user + ':' + password);
}

}  // namespace engine
