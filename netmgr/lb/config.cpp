#include "netmgr/lb/config.h"

#include <algorithm>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <set>

namespace netmgr::lb {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kLongest = 86'400'000;  // a day, in milliseconds

[[noreturn]] void refuse(const std::string& place, const std::string& why) {
  throw ConfigError(place + ": " + why);
}

// One object of the file, and where it is in it.
class Section {
 public:
  Section(const Json& json, std::string place, std::initializer_list<const char*> known)
      : json_(json), place_(std::move(place)) {
    if (!json.is_object()) refuse(place_.empty() ? "the file" : place_, "must be an object");
    for (const auto& [key, value] : json.items())
      if (std::find(known.begin(), known.end(), key) == known.end())
        refuse(at(key), "is not a setting of this balancer");
  }

  std::string at(const std::string& key) const { return place_.empty() ? key : place_ + "." + key; }
  bool has(const char* key) const { return json_.contains(key); }

  std::string text(const char* key, const char* otherwise = nullptr) const {
    const Json* value = find(key, otherwise == nullptr);
    if (value == nullptr) return otherwise;
    if (!value->is_string()) refuse(at(key), "must be a string");
    std::string result = value->get<std::string>();
    for (const char c : result)
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) refuse(at(key), "has a control character");
    return result;
  }

  std::string name(const char* key) const {
    std::string result = text(key);
    if (result.empty()) refuse(at(key), "must not be empty");
    // Names stand in lines of the log and columns of the statistics.
    if (result.find_first_of(" ,\"/<>&") != std::string::npos)
      refuse(at(key), "has a space or one of , \" / < > &");
    return result;
  }

  uint64_t number(const char* key, uint64_t otherwise, uint64_t least, uint64_t most) const {
    const Json* value = find(key, false);
    if (value == nullptr) return otherwise;
    if (!value->is_number_unsigned() || value->get<uint64_t>() < least || value->get<uint64_t>() > most)
      refuse(at(key), "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return value->get<uint64_t>();
  }

  bool flag(const char* key) const {
    const Json* value = find(key, false);
    if (value == nullptr) return false;
    if (!value->is_boolean()) refuse(at(key), "must be true or false");
    return value->get<bool>();
  }

  SocketAddress address(const char* key) const {
    const std::string value = text(key);
    const std::optional<SocketAddress> result = SocketAddress::parse(value);
    if (!result)
      refuse(at(key), "\"" + value + "\" is not a numeric address:port; IPv6 is written [address]:port");
    return *result;
  }

  template <typename Each>
  void list(const char* key, Each each) const {
    const Json* value = find(key, true);
    if (!value->is_array()) refuse(at(key), "must be a list");
    for (size_t i = 0; i < value->size(); ++i) each((*value)[i], at(key) + "[" + std::to_string(i) + "]");
  }

  const Json& child(const char* key) const { return json_.at(key); }

 private:
  const Json* find(const char* key, bool required) const {
    const auto found = json_.find(key);
    if (found != json_.end()) return &*found;
    if (required) refuse(at(key), "is missing");
    return nullptr;
  }

  const Json& json_;
  std::string place_;
};

Balance balance_of(const Section& section) {
  const std::string name = section.text("balance", "roundrobin");
  for (const Balance balance :
       {Balance::kRoundRobin, Balance::kStaticRoundRobin, Balance::kLeastConnections, Balance::kSource})
    if (name == name_of(balance)) return balance;
  refuse(section.at("balance"), "\"" + name + "\" is none of roundrobin, static-rr, leastconn, source");
}

BackendConfig read_backend(const Json& json, const std::string& place) {
  const Section section(json, place, {"name", "balance", "servers", "retries"});
  BackendConfig backend;
  backend.name = section.name("name");
  backend.balance = balance_of(section);
  backend.retries = static_cast<unsigned>(section.number("retries", backend.retries, 0, 10));
  std::set<std::string> names;
  section.list("servers", [&](const Json& item, const std::string& where) {
    const Section server(item, where, {"name", "address", "weight", "drain"});
    backend.servers.push_back({server.name("name"), server.address("address"),
                               static_cast<unsigned>(server.number("weight", 1, 1, 256)),
                               server.flag("drain")});
    if (!names.insert(backend.servers.back().name).second)
      refuse(server.at("name"),
             "\"" + backend.servers.back().name + "\" is a server of this backend already");
  });
  return backend;
}

Timeouts read_timeouts(const Json& json) {
  const Section section(json, "timeouts",
                        {"connect_ms", "client_ms", "server_ms", "request_ms", "keep_alive_ms"});
  Timeouts timeouts;
  timeouts.connect_ms = section.number("connect_ms", timeouts.connect_ms, 1, kLongest);
  timeouts.client_ms = section.number("client_ms", timeouts.client_ms, 1, kLongest);
  timeouts.server_ms = section.number("server_ms", timeouts.server_ms, 1, kLongest);
  timeouts.request_ms = section.number("request_ms", timeouts.request_ms, 1, kLongest);
  timeouts.keep_alive_ms = section.number("keep_alive_ms", timeouts.keep_alive_ms, 1, kLongest);
  return timeouts;
}

void read_frontends(const Section& root, Config& config) {
  std::set<std::string> names;
  std::set<std::string> binds;
  root.list("frontends", [&](const Json& item, const std::string& where) {
    const Section section(item, where, {"name", "bind", "backend"});
    config.frontends.push_back({section.name("name"), section.address("bind"), section.name("backend")});
    const FrontendConfig& frontend = config.frontends.back();
    if (!names.insert(frontend.name).second)
      refuse(section.at("name"), "\"" + frontend.name + "\" is a frontend already");
    if (!binds.insert(frontend.bind.to_string()).second)
      refuse(section.at("bind"), frontend.bind.to_string() + " is another frontend's");
    const auto named = [&](const BackendConfig& backend) { return backend.name == frontend.backend; };
    if (std::none_of(config.backends.begin(), config.backends.end(), named))
      refuse(section.at("backend"), "there is no backend \"" + frontend.backend + "\"");
  });
  if (config.frontends.empty()) refuse("frontends", "there must be at least one");
}

}  // namespace

const char* name_of(Balance balance) {
  switch (balance) {
    case Balance::kRoundRobin:
      return "roundrobin";
    case Balance::kStaticRoundRobin:
      return "static-rr";
    case Balance::kLeastConnections:
      return "leastconn";
    case Balance::kSource:
      return "source";
  }
  return "";
}

Config parse_config(std::string_view text) {
  Json json;
  try {
    json = Json::parse(text);
  } catch (const Json::parse_error& error) {
    throw ConfigError("not JSON at byte " + std::to_string(error.byte));
  }
  const Section root(json, "", {"frontends", "backends", "timeouts", "max_connections", "access_log"});
  Config config;
  std::set<std::string> names;
  root.list("backends", [&](const Json& item, const std::string& where) {
    config.backends.push_back(read_backend(item, where));
    if (!names.insert(config.backends.back().name).second)
      refuse(where + ".name", "\"" + config.backends.back().name + "\" is a backend already");
  });
  read_frontends(root, config);
  if (root.has("timeouts")) config.timeouts = read_timeouts(root.child("timeouts"));
  config.max_connections = static_cast<unsigned>(root.number("max_connections", 4096, 1, 1'000'000));
  config.access_log = root.flag("access_log");
  return config;
}

}  // namespace netmgr::lb
