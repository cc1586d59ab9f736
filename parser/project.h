#pragma once
// The typed, normalised Project: what the parser hands to the planner. Plain data, freely copied.
// Source: Compose Specification; ../shared/reference/compose-semantics.md.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "parser/diagnostic.h"
#include "parser/service.h"
#include "parser/value_types.h"

namespace parser {

struct IpamPool {
  std::string subnet;    // CIDR
  std::string gateway;   // empty: first address
  std::string ip_range;  // CIDR inside of subnet
  StringMap aux_addresses;
  Mark mark;
  Extensions extensions;
};

struct Network {
  std::string key;
  std::string name;  // as the engine knows it: `name:`, else <project>_<key>; for external the name as is
  bool external = false;
  std::string driver;  // "bridge" when not given
  bool driver_given = false;
  StringMap driver_opts;
  bool internal = false;
  bool attachable = false;
  std::optional<bool> enable_ipv4, enable_ipv6;
  std::string ipam_driver;
  std::vector<IpamPool> ipam;  // empty: a subnet from the engine's pool
  StringMap ipam_options;
  StringMap labels;
  Mark mark;
  Extensions extensions, ipam_extensions;
};

struct Volume {
  std::string key;
  std::string name;
  bool external = false;
  std::string driver;  // "local" when not given
  bool driver_given = false;
  StringMap driver_opts;
  StringMap labels;
  Mark mark;
  Extensions extensions;
};

// A top-level config or secret. One of file, content, environment, external says where its bytes are.
struct FileObject {
  std::string key;
  std::string name;    // `name:`, else <project>_<key>; for external the name as is
  std::string file;    // absolute
  std::string digest;  // SHA-256 of its bytes in hex digits; set by who reads it, not by the parser
  std::optional<std::string> content;  // configs only
  std::string environment;             // name of a variable
  // What the variable holds, by the environment or the .env of the project that was included with this
  // object.
  std::optional<std::string> environment_value;
  bool external = false;
  StringMap labels;
  std::string driver;  // secrets only
  StringMap driver_opts;
  std::string template_driver;
  Mark mark;
  Mark source_mark;  // of what says where its bytes are
  Extensions extensions;
};

struct Model {
  std::string key;
  std::string name;
  std::string model;
  int64_t context_size = 0;
  std::vector<std::string> runtime_flags;
  Mark mark;
  Extensions extensions;
};

struct Project {
  std::string name;
  std::string working_dir;                // absolute project directory
  std::vector<std::string> config_files;  // absolute, in merge order
  std::vector<std::string> env_files;
  bool environment_resolved = true;                  // LoadOptions::resolve_environment
  std::map<std::string, Service> services;           // active ones (profiles applied)
  std::map<std::string, Service> disabled_services;  // left out by profiles
  // Those that active services use.
  std::map<std::string, Network> networks;
  std::map<std::string, Volume> volumes;
  std::map<std::string, FileObject> configs, secrets;
  std::map<std::string, Model> models;
  StringMap environment;  // what interpolation saw: process, --env-file or .env
  Extensions extensions;
};

}  // namespace parser
