#include "engine/registry/registries.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/http/url.h"
#include "engine/image/bounded_json.h"
#include "engine/registry/docker_config.h"
#include "sys/file.h"

namespace engine::registry {

using nlohmann::json;

namespace {

constexpr char kDockerHub[] = "docker.io";
constexpr char kDockerHubHost[] = "registry-1.docker.io";

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
  throw Error(Error::Kind::kInvalid, file + ": " + why);
}

std::string from_environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

std::vector<std::string> texts(const json& object, const char* name, const std::string& file) {
  std::vector<std::string> list;
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return list;
  if (!found->is_array()) refuse(file, std::string(name) + " must be a list of texts");
  for (const json& item : *found) {
    if (!item.is_string()) refuse(file, std::string(name) + " must be a list of texts");
    list.push_back(item.get<std::string>());
  }
  return list;
}

std::string mirror_url(std::string text, const std::string& file) {
  while (!text.empty() && text.back() == '/') text.pop_back();
  parse_url(text, file + ": mirror");
  return text;
}

// The bytes of an IPv4 or IPv6 address; "" for what is none.
std::string address_bytes(const std::string& text) {
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return {reinterpret_cast<const char*>(&v4), sizeof v4};
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) == 1) return {reinterpret_cast<const char*>(&v6), sizeof v6};
  return {};
}

std::vector<std::string> addresses_of(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  std::vector<std::string> addresses;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &list) != 0) return addresses;
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(list, ::freeaddrinfo);
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    char text[NI_MAXHOST] = "";
    if (::getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0)
      addresses.push_back(address_bytes(text));
  }
  return addresses;
}

}  // namespace

Registries Registries::system() {
  return read(from_environment("COMPOSE_REGISTRIES", "/etc/compose/registries.json"),
              from_environment("COMPOSE_DOCKER_DAEMON_JSON", "/etc/docker/daemon.json"));
}

Registries Registries::read(const std::string& own_file, const std::string& docker_file) {
  Registries registries;
  registries.read_own(own_file);
  registries.read_docker(docker_file);
  return registries;
}

void Registries::read_own(const std::string& file) {
  const std::optional<std::string> text = sys::read_file_if_exists(file);
  if (!text) return;
  const json root = parse_object(*text, file);
  for (const auto& [name, value] : root.items()) {
    if (name != "registries" || !value.is_object())
      refuse(file, name + ": there is only \"registries\", an object");
  }
  if (!root.contains("registries")) return;
  for (const auto& [registry, value] : root["registries"].items()) {
    if (!value.is_object()) refuse(file, registry + " must be an object");
    for (const auto& [name, setting] : value.items()) {
      if (name == "insecure") {
        if (!setting.is_boolean()) refuse(file, registry + ".insecure must be true or false");
        if (setting.get<bool>()) insecure_.push_back(registry);
      } else if (name == "mirrors") {
        for (const std::string& mirror : texts(value, "mirrors", file))
          mirrors_[registry].push_back(mirror_url(mirror, file));
      } else {
        refuse(file, registry + '.' + name + ": there are only \"mirrors\" and \"insecure\"");
      }
    }
  }
}

void Registries::read_docker(const std::string& file) {
  const std::optional<std::string> text = sys::read_file_if_exists(file);
  if (!text) return;
  const json root = parse_object(*text, file);
  for (const std::string& mirror : texts(root, "registry-mirrors", file))
    mirrors_[kDockerHub].push_back(mirror_url(mirror, file));
  for (std::string entry : texts(root, "insecure-registries", file)) {
    if (entry.find("://") != std::string::npos) entry = entry.substr(entry.find("://") + 3);
    if (entry.find('/') == std::string::npos) {
      insecure_.push_back(entry);
    } else {
      insecure_networks_.push_back(parse_network(entry, file));
    }
  }
}

bool Registries::Network::holds(const std::string& other) const {
  if (other.size() != address.size()) return false;
  for (int bit = 0; bit < bits; ++bit) {
    const auto byte = static_cast<size_t>(bit / 8);
    if (((address[byte] ^ other[byte]) & (0x80 >> bit % 8)) != 0) return false;
  }
  return true;
}

// What is no network must not become one that holds every address.
Registries::Network Registries::parse_network(const std::string& text, const std::string& file) {
  const size_t slash = text.find('/');
  Network network{address_bytes(text.substr(0, slash)), 0};
  const std::string bits = text.substr(slash + 1);
  const bool number = !bits.empty() && bits.size() <= 3 && bits.find_first_not_of("0123456789") == bits.npos;
  if (number) network.bits = std::atoi(bits.c_str());
  if (!number || network.address.empty() || network.bits > static_cast<int>(network.address.size()) * 8)
    refuse(file, "insecure-registries: \"" + text +
                     "\" is neither a registry's host[:port] nor a network such as 10.0.0.0/8");
  return network;
}

bool Registries::is_insecure(const std::string& host_and_port) const {
  const std::string host = host_of(host_and_port);
  if (is_loopback(host)) return true;
  for (const std::string& entry : insecure_) {
    if (entry == host_and_port || entry == host) return true;
  }
  if (insecure_networks_.empty()) return false;
  for (const std::string& address : addresses_of(host)) {
    for (const Network& network : insecure_networks_) {
      if (network.holds(address)) return true;
    }
  }
  return false;
}

std::vector<Endpoint> Registries::for_pull(const std::string& registry) const {
  std::vector<Endpoint> endpoints;
  if (const auto found = mirrors_.find(registry); found != mirrors_.end()) {
    for (const std::string& mirror : found->second) {
      const Url url = parse_url(mirror, "mirror");
      const std::string name = url.text.substr(url.text.find("://") + 3);
      const std::string host = name.substr(0, name.find('/'));
      endpoints.push_back({registry, mirror, host, url.scheme == "http" || is_insecure(host), false, true});
    }
  }
  endpoints.push_back(itself(registry));
  return endpoints;
}

Endpoint Registries::itself(const std::string& registry) const {
  const bool insecure = is_insecure(registry);
  const std::string host = registry == kDockerHub ? kDockerHubHost : registry;
  return {registry, "https://" + host, registry::credential_key(registry), insecure, insecure, false};
}

std::vector<std::string> certificate_folders() {
  const std::string own = from_environment("COMPOSE_CERTS_DIR", "");
  if (!own.empty()) return {own};
  return {"/etc/compose/certs.d", "/etc/docker/certs.d"};
}

std::string credential_key(const std::string& registry) {
  return registry == kDockerHub ? kDockerHubKey : registry;
}

}  // namespace engine::registry
