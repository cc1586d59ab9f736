#pragma once
// The records of volumes. Call inside Database::read or ::write.
#include <optional>
#include <string>
#include <vector>

#include "engine/model.h"
#include "engine/state/database.h"

namespace engine {

struct VolumeRecord {
  VolumeConfig config;
  int64_t created_ms = 0;
};

void insert_volume(Database& db, const VolumeRecord& volume);  // kConflict when the name is taken
std::vector<VolumeRecord> list_volumes(Database& db);
std::optional<VolumeRecord> find_volume(Database& db, const std::string& name);
void delete_volume(Database& db, const std::string& name);
// Names of the containers that mount it.
std::vector<std::string> volume_users(Database& db, const std::string& name);

}  // namespace engine
