#pragma once
// The records of networks. Call inside Database::read or ::write. Errors: engine::Error from Database; a name
// or a subnet that is taken is kConflict.
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/model.h"
#include "engine/state/database.h"

namespace engine {

struct NetworkRecord {
  std::string id;
  NetworkConfig config;  // with the subnets and gateways that were chosen
  int64_t created_ms = 0;

  NetworkInfo info() const;
};

void insert_network(Database& db, const NetworkRecord& network);
std::vector<NetworkRecord> list_networks(Database& db);
std::optional<NetworkRecord> find_network(Database& db, const std::string& name);  // by name or id
void delete_network(Database& db, const std::string& id);
// Names of the containers with an endpoint on it.
std::vector<std::string> network_users(Database& db, const std::string& id);
// Addresses in use on it, of both families.
std::set<std::string> network_addresses(Database& db, const std::string& id);

}  // namespace engine
