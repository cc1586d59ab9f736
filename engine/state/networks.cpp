#include "engine/state/networks.h"

namespace engine {

namespace {

constexpr char kColumns[] = "SELECT id, config, subnet, gateway, created_ms FROM networks";

NetworkRecord read_row(const Statement& row) {
  NetworkRecord record;
  record.id = row.text(0);
  record.config = network_config_from_json(row.text(1));
  record.config.subnet = row.text(2);
  record.config.gateway = row.text(3);
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
  return {id,
          config.name,
          config.driver,
          config.subnet,
          config.gateway,
          config.internal,
          config.labels,
          created_ms,
          config.driver_opts};
}

void insert_network(Database& db, const NetworkRecord& network) {
  db.prepare(
        "INSERT INTO networks(id, name, driver, subnet, gateway, config, created_ms) VALUES(?,?,?,?,?,?,?)")
      .bind(1, network.id)
      .bind(2, network.config.name)
      .bind(3, network.config.driver)
      .bind(4, network.config.subnet)
      .bind(5, network.config.gateway)
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

std::vector<std::string> network_addresses(Database& db, const std::string& id) {
  Statement query = db.prepare("SELECT address FROM endpoints WHERE network_id = ?");
  query.bind(1, id);
  return column(std::move(query));
}

}  // namespace engine
