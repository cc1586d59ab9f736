#include "engine/state/networks.h"

#include "engine/state/parsed.h"

namespace engine {

namespace {

constexpr char kColumns[] = "SELECT id, config, subnet, gateway, created_ms FROM networks";

NetworkRecord read_row(const Statement& row) {
  static Parsed<NetworkConfig> parsed(network_config_from_json);
  NetworkRecord record;
  record.id = row.text(0);
  record.config = parsed.of(row.text(1));
  // A row of an earlier version has its subnet and gateway here alone.
  if (record.config.pools.empty() && !row.text(2).empty())
    record.config.pools = {{row.text(2), row.text(3), ""}};
  record.created_ms = row.integer(4);
  return record;
}

std::vector<std::string> column(Statement query) {
  std::vector<std::string> values;
  while (query.step()) values.push_back(query.text(0));
  return values;
}

}  // namespace

NetworkInfo NetworkRecord::info() const {
  return {.id = id,
          .name = config.name,
          .driver = config.driver,
          .pools = config.pools,
          .enable_ipv4 = config.enable_ipv4,
          .enable_ipv6 = config.enable_ipv6,
          .internal = config.internal,
          .attachable = config.attachable,
          .labels = config.labels,
          .created_ms = created_ms,
          .driver_opts = config.driver_opts};
}

void insert_network(Database& db, const NetworkRecord& network) {
  db.prepare(
        "INSERT INTO networks(id, name, driver, subnet, gateway, config, created_ms) VALUES(?,?,?,?,?,?,?)")
      .bind(1, network.id)
      .bind(2, network.config.name)
      .bind(3, network.config.driver)
      .bind(4, network.config.pools.empty() ? std::string() : network.config.pools.front().subnet)
      .bind(5, network.config.pools.empty() ? std::string() : network.config.pools.front().gateway)
      .bind(6, to_json(network.config))
      .bind(7, network.created_ms)
      .step();
}

std::vector<NetworkRecord> list_networks(Database& db) {
  std::vector<NetworkRecord> records;
  Statement query = db.prepare(std::string(kColumns) + " ORDER BY name");
  while (query.step()) records.push_back(read_row(query));
  return records;
}

std::optional<NetworkRecord> find_network(Database& db, const std::string& name) {
  Statement query = db.prepare(std::string(kColumns) + " WHERE name = ?1 OR id = ?1");
  query.bind(1, name);
  if (!query.step()) return std::nullopt;
  return read_row(query);
}

void delete_network(Database& db, const std::string& id) {
  db.prepare("DELETE FROM networks WHERE id = ?").bind(1, id).step();
}

std::vector<std::string> network_users(Database& db, const std::string& id) {
  Statement query = db.prepare(
      "SELECT c.name FROM endpoints e JOIN containers c ON c.id = e.container_id WHERE e.network_id = ? "
      "ORDER BY 1");
  query.bind(1, id);
  return column(std::move(query));
}

std::set<std::string> network_addresses(Database& db, const std::string& id) {
  Statement query = db.prepare("SELECT address, address6 FROM endpoints WHERE network_id = ?");
  query.bind(1, id);
  std::set<std::string> addresses;
  while (query.step()) {
    for (const int place : {0, 1})
      if (!query.text(place).empty()) addresses.insert(query.text(place));
  }
  return addresses;
}

}  // namespace engine
