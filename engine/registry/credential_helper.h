#pragma once
// Programs docker-credential-<name>, which keep passwords in a system's keychain. Source: docker's
// credential-helpers, "Development" (the verbs get, store, erase; JSON on standard input and output).
#include <optional>
#include <string>

#include "engine/registry/credential.h"

namespace engine::registry {

// Found along PATH. Each verb is ended after 30 s (get: 10 s may be too short for a person who is asked for
// a fingerprint). Throws engine::Error(kUnavailable) naming the helper, with what it said.
class CredentialHelper {
 public:
  explicit CredentialHelper(const std::string& name);  // kInvalid for a name with a slash in it
  std::optional<Credential> get(const std::string& server) const;
  void store(const std::string& server, const Credential& credential) const;
  bool erase(const std::string& server) const;  // false: it had none

 private:
  struct Outcome {
    int status = 0;
    std::string output;
  };
  Outcome run(const std::string& verb, const std::string& input) const;
  [[noreturn]] void fail(const std::string& verb, const std::string& why) const;

  std::string program_;
};

}  // namespace engine::registry
