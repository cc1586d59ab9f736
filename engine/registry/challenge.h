#pragma once
// What a server wants to know before it answers: the WWW-Authenticate header. Source: RFC 9110, 11.3 and
// 11.6.1; Docker Registry v2 authentication, "Token Authentication Specification".
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace engine::registry {

struct Challenge {
  std::string scheme;                             // in lower case: "bearer", "basic"
  std::map<std::string, std::string> parameters;  // names in lower case: realm, service, scope, error
};

// Any text; what cannot be understood ends the list. Throws nothing.
std::vector<Challenge> parse_challenges(std::string_view header);

}  // namespace engine::registry
