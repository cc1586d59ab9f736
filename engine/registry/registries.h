#pragma once
// How registries are reached. Two files say it, and both may be missing:
//
//   /etc/compose/registries.json (COMPOSE_REGISTRIES names another):
//     {"registries": {"docker.io": {"mirrors": ["https://mirror.lan"]}, "registry.lan:5000": {"insecure":
//     true}}} mirrors: URLs that are asked before the registry when pulling; insecure: a certificate that
//     cannot be verified is taken, and plain HTTP when there is no TLS.
//   /etc/docker/daemon.json (COMPOSE_DOCKER_DAEMON_JSON names another): insecure-registries (host[:port] or
//     a network, "10.0.0.0/8") and registry-mirrors (of docker.io); all other members are Docker's business.
//
// This machine (localhost, 127.0.0.0/8) is always insecure, as for Docker.
#include <map>
#include <string>
#include <vector>

namespace engine::registry {

// A place that may hold a registry's repositories.
struct Endpoint {
  std::string registry;        // as references name it: "docker.io"
  std::string url;             // "https://registry-1.docker.io", without a slash at the end
  std::string credential_key;  // under which credentials are kept
  bool insecure = false;       // see above
  bool guess_scheme = false;   // insecure and no scheme was written: https, then http
  bool mirror = false;
};

class Registries {
 public:
  Registries() = default;  // as if both files were missing
  // Throws engine::Error(kInvalid) naming file and member.
  static Registries read(const std::string& own_file, const std::string& docker_file);
  // The files above.
  static Registries system();

  // Mirrors first, the registry itself last.
  std::vector<Endpoint> for_pull(const std::string& registry) const;
  Endpoint itself(const std::string& registry) const;

 private:
  void read_own(const std::string& file);
  void read_docker(const std::string& file);
  bool is_insecure(const std::string& host_and_port) const;

  struct Network {
    std::string address;  // 4 bytes or 16
    int bits = 0;
    bool holds(const std::string& other) const;
  };
  static Network parse_network(const std::string& text, const std::string& file);

  std::map<std::string, std::vector<std::string>> mirrors_;  // by registry
  std::vector<std::string> insecure_;
  std::vector<Network> insecure_networks_;
};

// Folders of certificates (tls_files.h): /etc/compose/certs.d, then /etc/docker/certs.d; COMPOSE_CERTS_DIR
// names another in place of both.
std::vector<std::string> certificate_folders();

// Under which name credentials of the registry are kept: "docker.io" -> "https://index.docker.io/v1/".
std::string credential_key(const std::string& registry);

}  // namespace engine::registry
