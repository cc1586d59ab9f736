#include "engine/state/volumes.h"

namespace engine {

namespace {

constexpr char kColumns[] = "SELECT config, created_ms FROM volumes";

VolumeRecord read_row(const Statement& row) {
  return {volume_config_from_json(row.text(0)), row.integer(1)};
}

}  // namespace

void insert_volume(Database& db, const VolumeRecord& volume) {
  db.prepare("INSERT INTO volumes(name, config, anonymous, created_ms) VALUES(?,?,?,?)")
      .bind(1, volume.config.name)
      .bind(2, to_json(volume.config))
      .bind(3, int64_t{volume.config.anonymous})
      .bind(4, volume.created_ms)
      .step();
}

std::vector<VolumeRecord> list_volumes(Database& db) {
  std::vector<VolumeRecord> records;
  Statement query = db.prepare(std::string(kColumns) + " ORDER BY name");
  while (query.step()) records.push_back(read_row(query));
  return records;
}

std::optional<VolumeRecord> find_volume(Database& db, const std::string& name) {
  Statement query = db.prepare(std::string(kColumns) + " WHERE name = ?");
  query.bind(1, name);
  if (!query.step()) return std::nullopt;
  return read_row(query);
}

void delete_volume(Database& db, const std::string& name) {
  db.prepare("DELETE FROM volumes WHERE name = ?").bind(1, name).step();
}

std::vector<std::string> volume_users(Database& db, const std::string& name) {
  std::vector<std::string> names;
  Statement query = db.prepare(
      "SELECT c.name FROM mounts m JOIN containers c ON c.id = m.container_id WHERE m.type = 'volume' AND "
      "m.source = ? "
      "ORDER BY 1");
  query.bind(1, name);
  while (query.step()) names.push_back(query.text(0));
  return names;
}

}  // namespace engine
