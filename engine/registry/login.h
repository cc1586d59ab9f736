#pragma once
// Credentials of registries, shared with Docker: they are kept where its client keeps them
// ($DOCKER_CONFIG/config.json, ~/.docker/config.json), in the helper that file names (credHelpers,
// credsStore: docker-credential-*), or in the file itself, base64 and mode 0600.
#include <string>

namespace engine {

struct LoginRequest {
  std::string server;  // "" or "docker.io": Docker Hub; else a host and port, with or without https://
  std::string user, password;
};

struct LoginResult {
  std::string server;   // as it is kept: "https://index.docker.io/v1/", "registry:5000"
  std::string warning;  // that the password is not encrypted, with the file's name; empty when it is
};

// Tries the credentials at the server's /v2/ and keeps them. Throws engine::Error: kDenied when the server
// refuses them, kUnavailable when it cannot be reached or the helper fails, kInvalid for a bad name or a
// config.json that cannot be read (it is never overwritten then).
LoginResult login(const LoginRequest& request);

// Forgets them; false when there were none. Throws as login.
bool logout(const std::string& server);

// The server's name as it is shown and kept: "" -> "https://index.docker.io/v1/". Throws
// engine::Error(kInvalid).
std::string login_server(const std::string& server);

// The user kept for the server, to be offered by a prompt; empty when there is none.
std::string login_user(const std::string& server);

}  // namespace engine
