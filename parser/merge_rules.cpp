#include "parser/merge_rules.h"

namespace parser {

namespace {

std::string text_of(const Node& map, std::string_view key) {
  const Node* node = map.find(key);
  return node != nullptr && node->is_scalar() ? node->text : "";
}

// An item in its short form (one that holds a variable and cannot be read yet) is known by its text.
template <std::string (*kOfMap)(const Node&)>
std::string known_by(const Node& item) {
  return item.is_map() ? kOfMap(item) : item.text;
}

std::string value(const Node& item) {
  return item.text;
}
std::string target(const Node& item) {
  return text_of(item, "target");
}
std::string target_or_source(const Node& item) {
  const std::string given = target(item);
  return given.empty() ? text_of(item, "source") : given;
}
std::string path_key(const Node& item) {
  return text_of(item, "path");
}
std::string subnet(const Node& item) {
  return text_of(item, "subnet");
}
// "/run:size=64m": the mount point.
std::string mount_point(const Node& item) {
  return item.text.substr(0, item.text.find(':'));
}
// ip:published:target/protocol.
std::string port(const Node& item) {
  const std::string ip = text_of(item, "host_ip");
  const std::string protocol = text_of(item, "protocol");
  return (ip.empty() ? "0.0.0.0" : ip) + ":" + text_of(item, "published") + ":" + text_of(item, "target") +
         "/" + (protocol.empty() ? "tcp" : protocol);
}
std::string file_below(const Node& item, const char* folder) {
  const std::string given = target_or_source(item);
  return given.rfind('/', 0) == 0 ? given : folder + given;
}
std::string config(const Node& item) {
  return file_below(item, "/");
}
std::string secret(const Node& item) {
  return file_below(item, "/run/secrets/");
}

constexpr ListRule kLists[] = {
    {"networks.*.ipam.config", known_by<subnet>, true},
    {"services.*.build.extra_hosts", value},
    {"services.*.build.platforms", value},
    {"services.*.build.secrets", known_by<secret>},
    {"services.*.build.tags", value},
    {"services.*.cap_add", value},
    {"services.*.cap_drop", value},
    {"services.*.configs", known_by<config>},
    {"services.*.device_cgroup_rules", value},
    {"services.*.devices", known_by<target_or_source>},
    {"services.*.dns", value},
    {"services.*.dns_opt", value},
    {"services.*.dns_search", value},
    {"services.*.env_file", known_by<path_key>},
    {"services.*.expose", value},
    {"services.*.external_links", value},
    {"services.*.extra_hosts", value},
    {"services.*.group_add", value},
    {"services.*.links", value},
    {"services.*.networks.*.aliases", value},
    {"services.*.networks.*.link_local_ips", value},
    {"services.*.ports", known_by<port>},
    {"services.*.profiles", value},
    {"services.*.secrets", known_by<secret>},
    {"services.*.security_opt", value},
    {"services.*.tmpfs", mount_point},
    {"services.*.volumes", known_by<target>},
    {"services.*.volumes_from", value},
};

// Variables are here since one without a value is a value: it is taken from outside.
constexpr std::string_view kReplaced[] = {
    "services.*.build.args.*",  "services.*.command",          "services.*.entrypoint",
    "services.*.environment.*", "services.*.healthcheck.test",
};

// Below these any name is that of a thing.
constexpr std::string_view kNamed[] = {
    "configs",           "models",
    "networks",          "secrets",
    "services",          "services.*.depends_on",
    "services.*.models", "services.*.networks",
    "volumes",
};

bool matches_any(const Path& path, const auto& places) {
  for (const std::string_view place : places)
    if (path.matches(place)) return true;
  return false;
}

}  // namespace

const ListRule* list_rule(const Path& path) {
  for (const ListRule& rule : kLists)
    if (path.matches(rule.place)) return &rule;
  return nullptr;
}

bool is_replaced(const Path& path) {
  return matches_any(path, kReplaced);
}

bool is_extension(const Path& path, std::string_view key) {
  return key.substr(0, 2) == "x-" && !matches_any(path, kNamed);
}

bool changes_driver(const Path& path, const Node& base, const Node& over) {
  if (!path.matches("services.*.logging")) return false;
  const std::string before = text_of(base, "driver");
  const std::string after = text_of(over, "driver");
  return !before.empty() && !after.empty() && before != after;
}

}  // namespace parser
