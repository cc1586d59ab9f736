#include "engine/registry/docker_config.h"

#include <climits>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "engine/error.h"
#include "engine/image/bounded_json.h"
#include "engine/registry/credential_helper.h"
#include "sys/file.h"

namespace engine::registry {

using nlohmann::json;

namespace {

constexpr char kTokenKey[] = "identitytoken";

json read_config(const std::string& path) {
  const std::optional<std::string> text = sys::read_file_if_exists(path);
  if (!text || text->find_first_not_of(" \t\r\n") == std::string::npos) return json::object();
  json config = parse_object(*text, path);
  for (const char* name : {"auths", "credHelpers"}) {
    if (config.contains(name) && !config[name].is_object() && !config[name].is_null())
      throw Error(Error::Kind::kInvalid, path + ": " + name + " must be an object");
  }
  return config;
}

// The folder and the link, if any, are the user's: what a link points to is what is replaced.
std::string real_path(const std::string& path) {
  std::error_code failed;
  const std::filesystem::path target = std::filesystem::canonical(path, failed);
  return failed ? path : target.string();
}

void write_config(const std::string& path, const json& config) {
  sys::make_dirs(path.substr(0, path.rfind('/')), 0700);
  sys::write_file_atomic(real_path(path), config.dump(1, '\t', false, json::error_handler_t::replace) + '\n',
                         0600, sys::Durability::kSynced);
}

// "https://registry.example/v1/" -> "registry.example".
std::string host_part(const std::string& key) {
  const size_t scheme = key.find("://");
  const std::string rest = scheme == std::string::npos ? key : key.substr(scheme + 3);
  return rest.substr(0, rest.find('/'));
}

std::optional<CredentialHelper> helper_for(const json& config, const std::string& server) {
  if (const json* helpers = object_member(config, "credHelpers")) {
    const std::string own = text_member(*helpers, server.c_str());
    if (!own.empty()) return CredentialHelper(own);
  }
  const std::string store = text_member(config, "credsStore");
  if (!store.empty()) return CredentialHelper(store);
  return std::nullopt;
}

std::optional<Credential> read_entry(const json& entry, const std::string& path, const std::string& server) {
  Credential credential;
  credential.identity_token = text_member(entry, kTokenKey);
  credential.user = text_member(entry, "username");
  credential.password = text_member(entry, "password");
  const std::string auth = text_member(entry, "auth");
  if (!auth.empty()) {
    const std::optional<std::string> both = from_base64(auth);
    const size_t colon = both ? both->find(':') : std::string::npos;
    if (colon == std::string::npos)
      throw Error(Error::Kind::kInvalid, path + ": auths." + server + ".auth is not base64 of user:password");
    credential.user = both->substr(0, colon);
    credential.password = both->substr(colon + 1);
    // Docker's own files may end in NUL bytes.
    while (!credential.password.empty() && credential.password.back() == '\0') credential.password.pop_back();
  }
  if (credential.user.empty() && credential.identity_token.empty()) return std::nullopt;
  return credential;
}

const json* find_entry(const json& config, const std::string& server) {
  const json* auths = object_member(config, "auths");
  if (auths == nullptr) return nullptr;
  if (const json* exact = object_member(*auths, server.c_str())) return exact;
  for (const auto& [key, entry] : auths->items()) {
    if (host_part(key) == host_part(server) && entry.is_object()) return &entry;
  }
  return nullptr;
}

}  // namespace

std::string docker_config_path() {
  const char* folder = std::getenv("DOCKER_CONFIG");
  if (folder != nullptr && *folder != '\0') return std::string(folder) + "/config.json";
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0')
    throw Error(
        Error::Kind::kUnavailable,
        "credentials: neither DOCKER_CONFIG nor HOME is set, so Docker's config.json cannot be found");
  return std::string(home) + "/.docker/config.json";
}

std::optional<Credential> DockerConfig::find(const std::string& server) const {
  const json config = read_config(path_);
  if (const std::optional<CredentialHelper> helper = helper_for(config, server)) {
    std::optional<Credential> kept = helper->get(server);
    if (kept) return kept;
  }
  const json* entry = find_entry(config, server);
  return entry == nullptr ? std::nullopt : read_entry(*entry, path_, server);
}

bool DockerConfig::store(const std::string& server, const Credential& credential) const {
  json config = read_config(path_);
  json entry = json::object();
  const std::optional<CredentialHelper> helper = helper_for(config, server);
  if (helper) {
    helper->store(server, credential);  // an empty entry says that there is a login, as Docker's client does
  } else {
    entry["auth"] = base64(credential.user + ':' + credential.password);
    if (!credential.identity_token.empty()) entry[kTokenKey] = credential.identity_token;
  }
  if (!config["auths"].is_object()) config["auths"] = json::object();
  config["auths"][server] = entry;
  write_config(path_, config);
  return helper.has_value();
}

bool DockerConfig::erase(const std::string& server) const {
  json config = read_config(path_);
  bool found = false;
  if (const std::optional<CredentialHelper> helper = helper_for(config, server))
    found = helper->erase(server);
  if (config.contains("auths") && config["auths"].is_object() && config["auths"].erase(server) > 0) {
    found = true;
    write_config(path_, config);
  }
  return found;
}

}  // namespace engine::registry
