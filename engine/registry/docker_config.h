#pragma once
// Docker's client configuration as far as credentials go: $DOCKER_CONFIG/config.json, else
// ~/.docker/config.json. Members: auths (server -> auth, base64 of "user:password", and identitytoken),
// credsStore, credHelpers (server -> helper). All others are kept as they are.
#include <optional>
#include <string>

#include "engine/registry/credential.h"

namespace engine::registry {

inline constexpr char kDockerHubKey[] = "https://index.docker.io/v1/";

// Names the file; kUnavailable when neither DOCKER_CONFIG nor HOME is set.
std::string docker_config_path();

// Reads the file at each call. Throws engine::Error(kInvalid) naming the file when it is not what it should
// be, kUnavailable when a helper fails, sys::Error.
class DockerConfig {
 public:
  explicit DockerConfig(std::string path) : path_(std::move(path)) {}

  // `server`: a key as in the file, "https://index.docker.io/v1/" or "registry:5000"; keys written as URLs
  // are found by their host, too.
  std::optional<Credential> find(const std::string& server) const;
  // Replaces the file atomically (0600; where it is a symbolic link, the file that it points to). Returns
  // whether a helper keeps the secret; if not, it lies in the file without encryption.
  bool store(const std::string& server, const Credential& credential) const;
  bool erase(const std::string& server) const;  // false: there was none
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace engine::registry
