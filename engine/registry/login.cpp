#include "engine/registry/login.h"

#include "engine/error.h"
#include "engine/image/reference.h"
#include "engine/registry/docker_config.h"
#include "engine/registry/registries.h"
#include "engine/registry/session.h"

namespace engine {

namespace {

// The registry's name as references have it, from what a user may write.
std::string registry_name(const std::string& server) {
  std::string name = server;
  if (const size_t scheme = name.find("://"); scheme != std::string::npos) {
    const std::string written = name.substr(0, scheme);
    if (written != "http" && written != "https")
      throw Error(Error::Kind::kInvalid, "login server \"" + server + "\": only http and https are known");
    name = name.substr(scheme + 3);
  }
  name = name.substr(0, name.find('/'));
  if (name.empty() || name == "docker.io" || name == "index.docker.io" || name == "registry-1.docker.io")
    return "docker.io";
  // A name without a dot or port would be a repository of Docker Hub in a reference; here it is a host.
  const std::string host =
      name.find_first_of(".:") == std::string::npos && name != "localhost" ? name + ":443" : name;
  parse_reference(host + "/x");
  return name;
}

}  // namespace

std::string login_server(const std::string& server) {
  return registry::credential_key(registry_name(server));
}

std::string login_user(const std::string& server) {
  const std::optional<registry::Credential> kept =
      registry::DockerConfig(registry::docker_config_path()).find(login_server(server));
  return kept ? kept->user : std::string();
}

LoginResult login(const LoginRequest& request) {
  const std::string name = registry_name(request.server);
  const registry::Credential credential{request.user, request.password, {}};
  if (request.user.empty())
    throw Error(Error::Kind::kInvalid, "login to " + name + ": the user name is empty");
  if (request.user.find(':') != std::string::npos)
    throw Error(Error::Kind::kInvalid, "login to " + name + ": a user name cannot hold a colon");
  const registry::DockerConfig config(registry::docker_config_path());
  static_cast<void>(config.find(login_server(name)));  // a damaged file is told before the server is asked

  const registry::Tuning tuning;
  Cancellation cancellation;
  HttpClient http(tuning, cancellation, registry::certificate_folders());
  registry::Session session(http, tuning, cancellation, registry::Registries::system().itself(name), "", "",
                            [&] { return std::optional(credential); });
  HttpRequest ping;
  ping.url = session.url("");
  try {
    session.send(ping, "login", 404);
  } catch (const registry::Refusal& refusal) {
    if (refusal.kind() != Error::Kind::kDenied) throw;
    throw Error(Error::Kind::kDenied, "login to " + name + ": the user name or password is wrong");
  }
  LoginResult result;
  result.server = login_server(name);
  if (!config.store(result.server, credential))
    result.warning = "Your password is stored unencrypted in " + config.path() +
                     ". Configure a credential helper (credsStore in that file) to change this.";
  return result;
}

bool logout(const std::string& server) {
  return registry::DockerConfig(registry::docker_config_path()).erase(login_server(server));
}

}  // namespace engine
