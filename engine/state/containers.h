#pragma once
// The records of containers with their endpoints, mounts and host ports. Call inside Database::read or
// ::write.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/model.h"
#include "engine/shown_config.h"
#include "engine/state/database.h"

namespace engine {

struct EndpointRecord {
  std::string network_id;
  std::string address;  // IPv4; empty: none
  std::string mac;
  std::vector<std::string> aliases;
  std::string address6 = {};  // IPv6; empty: none
};

struct MountRecord {
  MountConfig::Type type = MountConfig::Type::kVolume;
  std::string source;  // host path, volume name or image id
  std::string target;
  bool read_only = false;
};

struct ContainerRecord {
  std::string id;
  std::string image_id;
  ContainerConfig config;  // name and image included
  std::string command;     // for display
  int64_t created_ms = 0;
  std::vector<EndpointRecord> endpoints;  // in interface order
  std::vector<MountRecord> mounts;
  std::vector<PublishedPort> ports;  // taken now
};

// What is told of a container where its whole configuration is not wanted: that takes many times as long to
// read.
struct ContainerListing {
  std::string id;
  std::string image_id;
  std::string name, image;
  ShownConfig config;
  std::string command;
  int64_t created_ms = 0;
  std::vector<EndpointRecord> endpoints;
  std::vector<MountRecord> mounts;
  std::vector<PublishedPort> ports;
};
ContainerListing listing_of(const ContainerRecord& record);

void insert_container(Database& db, const ContainerRecord& container);  // kConflict: name or address taken
void rename_container_record(Database& db, const std::string& id, const std::string& name);
void delete_container(Database& db, const std::string& id);
// Has the statement of it compiled, with all that goes with the row.
void prepare_deletion(Database& db);
void update_config(Database& db, const ContainerRecord& container);     // its `config`, but for the name
void insert_endpoints(Database& db, const ContainerRecord& container);  // its `endpoints`; kConflict as above
void delete_endpoints(Database& db, const std::string& container_id);

std::vector<std::string> container_ids(Database& db);  // of all
// Empty: of none.
std::string project_of(const ContainerConfig& config);
// Of one project, or all for nothing.
std::vector<ContainerRecord> list_containers(Database& db, const std::optional<std::string>& project);
// By name, with or without a slash before it, or id, else by the beginning of an id; kConflict when several
// begin so.
std::optional<ContainerRecord> find_container_record(Database& db, const std::string& id_or_name);
// As the two before.
std::vector<ContainerListing> container_listings(Database& db, const std::optional<std::string>& project);
std::optional<ContainerListing> find_container_listing(Database& db, const std::string& id_or_name);
// By name alone: whether it is taken.
std::optional<ContainerRecord> find_container_named(Database& db, const std::string& name);

// Who holds a host port that clashes with this one ("" clashes with every IPv4 address, "::" with every IPv6
// one): container id.
std::optional<std::string> port_holder(Database& db, const PublishedPort& port);
void take_port(Database& db, const std::string& container_id, const PublishedPort& port);
void release_ports(Database& db, const std::string& container_id);

}  // namespace engine
