#include "engine/state/containers.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/state/parsed.h"
#include "netmgr/address.h"

namespace engine {

namespace {

constexpr char kProjectLabel[] = "com.docker.compose.project";
constexpr char kNamed[] = " WHERE c.name = ?1";
constexpr char kColumns[] = "SELECT id, image_id, config, command, created_ms, name, image FROM containers c";

// "/web", as Docker writes names.
std::string without_slash(const std::string& name) {
  return name.starts_with('/') ? name.substr(1) : name;
}

std::string type_name(MountConfig::Type type) {
  switch (type) {
    case MountConfig::Type::kBind:
      return "bind";
    case MountConfig::Type::kVolume:
      return "volume";
    case MountConfig::Type::kTmpfs:
      return "tmpfs";
    case MountConfig::Type::kImage:
      return "image";
  }
  return {};
}

MountConfig::Type type_of(const std::string& name) {
  if (name == "bind") return MountConfig::Type::kBind;
  if (name == "image") return MountConfig::Type::kImage;
  return name == "tmpfs" ? MountConfig::Type::kTmpfs : MountConfig::Type::kVolume;
}

void read_config(const Statement& row, ContainerRecord& record) {
  static Parsed<ContainerConfig> parsed(container_config_from_json);
  record.config = parsed.of(row.text(2));
  record.config.name = row.text(5);  // renames change only the column
}

void read_config(const Statement& row, ContainerListing& listing) {
  listing.config = shown_config_from_json(row.text(2));
  listing.name = row.text(5);
  listing.image = row.text(6);
}

template <typename Record>
Record read_row(const Statement& row) {
  Record record;
  record.id = row.text(0);
  record.image_id = row.text(1);
  read_config(row, record);
  record.command = row.text(3);
  record.created_ms = row.integer(4);
  return record;
}

// The rows that hang on the containers chosen by `where` (one parameter), spread over `records`.
template <typename Record>
void read_parts(Database& db, std::vector<Record>& records, const std::string& where,
                const std::string& parameter) {
  std::map<std::string, Record*> by_id;
  for (Record& record : records) by_id[record.id] = &record;
  // By far the most often it is one, and for a list SQLite would make a table first.
  const bool one = records.size() == 1;
  const std::string chosen =
      one ? " WHERE container_id = ?1" : " WHERE container_id IN (SELECT id FROM containers c" + where + ")";
  const auto each = [&](const std::string& select, const std::string& order, const auto& take) {
    Statement query = db.prepare(select + chosen + order);
    if (one || !where.empty()) query.bind(1, one ? records.front().id : parameter);
    while (query.step()) {
      const auto owner = by_id.find(query.text(0));
      if (owner != by_id.end()) take(*owner->second, query);
    }
  };
  each("SELECT container_id, network_id, address, mac, aliases, address6 FROM endpoints",
       " ORDER BY position", [](Record& record, const Statement& row) {
         record.endpoints.push_back({row.text(1), row.text(2), row.text(3),
                                     nlohmann::json::parse(row.text(4)).get<std::vector<std::string>>(),
                                     row.text(5)});
       });
  each("SELECT container_id, type, source, target, read_only FROM mounts", " ORDER BY target",
       [](Record& record, const Statement& row) {
         record.mounts.push_back({type_of(row.text(1)), row.text(2), row.text(3), row.integer(4) != 0});
       });
  each("SELECT container_id, host_ip, host_port, container_port, protocol FROM ports",
       " ORDER BY container_port, host_port", [](Record& record, const Statement& row) {
         PublishedPort port;
         port.host_ip = row.text(1);
         port.host_port = port.host_port_end = static_cast<uint16_t>(row.integer(2));
         port.container_port = static_cast<uint16_t>(row.integer(3));
         port.protocol = row.text(4);
         record.ports.push_back(port);
       });
}

template <typename Record>
std::vector<Record> select(Database& db, const std::string& where, const std::string& parameter) {
  std::vector<Record> records;
  Statement query = db.prepare(kColumns + where + " ORDER BY name");
  if (!where.empty()) query.bind(1, parameter);
  while (query.step()) records.push_back(read_row<Record>(query));
  if (!records.empty()) read_parts(db, records, where, parameter);
  return records;
}

template <typename Record>
std::vector<Record> list(Database& db, const std::optional<std::string>& project) {
  return project ? select<Record>(db, " WHERE c.project = ?1", *project) : select<Record>(db, "", "");
}

template <typename Record>
std::optional<Record> first_of(std::vector<Record> found) {
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

template <typename Record>
std::optional<Record> find(Database& db, const std::string& given) {
  constexpr size_t kIdDigits = 64;
  const std::string id_or_name = without_slash(given);
  const bool hex = id_or_name.find_first_not_of("0123456789abcdef") == std::string::npos;
  std::vector<Record> found;
  if (hex && id_or_name.size() == kIdDigits) found = select<Record>(db, " WHERE c.id = ?1", id_or_name);
  if (found.empty()) found = select<Record>(db, kNamed, id_or_name);
  if (!found.empty()) return first_of(std::move(found));
  if (hex && !id_or_name.empty())
    found = select<Record>(db, " WHERE substr(c.id, 1, length(?1)) = ?1", id_or_name);
  if (found.size() > 1) {
    throw Error(Error::Kind::kConflict,
                "'" + id_or_name + "' is the beginning of more than one container id (" +
                    found[0].id.substr(0, 12) + ", " + found[1].id.substr(0, 12) + "); give more digits");
  }
  return first_of(std::move(found));
}

}  // namespace

void insert_container(Database& db, const ContainerRecord& container) {
  db.prepare(
        "INSERT INTO containers(id, name, project, image, image_id, config, command, created_ms) "
        "VALUES(?,?,?,?,?,?,?,?)")
      .bind(1, container.id)
      .bind(2, container.config.name)
      .bind(3, project_of(container.config))
      .bind(4, container.config.image)
      .bind(5, container.image_id)
      .bind(6, to_json(container.config))
      .bind(7, container.command)
      .bind(8, container.created_ms)
      .step();
  insert_endpoints(db, container);
  for (const MountRecord& mount : container.mounts) {
    db.prepare("INSERT INTO mounts(container_id, target, type, source, read_only) VALUES(?,?,?,?,?)")
        .bind(1, container.id)
        .bind(2, mount.target)
        .bind(3, type_name(mount.type))
        .bind(4, mount.source)
        .bind(5, int64_t{mount.read_only})
        .step();
  }
}

void insert_endpoints(Database& db, const ContainerRecord& container) {
  int64_t position = 0;
  for (const EndpointRecord& endpoint : container.endpoints) {
    db.prepare(
          "INSERT INTO endpoints(network_id, container_id, address, mac, aliases, position, address6) "
          "VALUES(?,?,?,?,?,?,?)")
        .bind(1, endpoint.network_id)
        .bind(2, container.id)
        .bind(3, endpoint.address)
        .bind(4, endpoint.mac)
        .bind(5, nlohmann::json(endpoint.aliases).dump())
        .bind(6, position++)
        .bind(7, endpoint.address6)
        .step();
  }
}

void delete_endpoints(Database& db, const std::string& container_id) {
  db.prepare("DELETE FROM endpoints WHERE container_id = ?").bind(1, container_id).step();
}

void rename_container_record(Database& db, const std::string& id, const std::string& name) {
  db.prepare("UPDATE containers SET name = ? WHERE id = ?").bind(1, name).bind(2, id).step();
}

void update_config(Database& db, const ContainerRecord& container) {
  db.prepare("UPDATE containers SET config = ? WHERE id = ?")
      .bind(1, to_json(container.config))
      .bind(2, container.id)
      .step();
}

namespace {

constexpr const char* kDeletion = "DELETE FROM containers WHERE id = ?";

}  // namespace

void delete_container(Database& db, const std::string& id) {
  db.prepare(kDeletion).bind(1, id).step();
}

void prepare_deletion(Database& db) {
  db.prepare(kDeletion);
}

std::vector<std::string> container_ids(Database& db) {
  std::vector<std::string> ids;
  Statement query = db.prepare("SELECT id FROM containers");
  while (query.step()) ids.push_back(query.text(0));
  return ids;
}

ContainerListing listing_of(const ContainerRecord& record) {
  return {record.id,
          record.image_id,
          record.config.name,
          record.config.image,
          shown_config_of(record.config),
          record.command,
          record.created_ms,
          record.endpoints,
          record.mounts,
          record.ports};
}

std::string project_of(const ContainerConfig& config) {
  const auto label = config.labels.find(kProjectLabel);
  return label == config.labels.end() ? "" : label->second;
}

std::vector<ContainerRecord> list_containers(Database& db, const std::optional<std::string>& project) {
  return list<ContainerRecord>(db, project);
}

std::vector<ContainerListing> container_listings(Database& db, const std::optional<std::string>& project) {
  return list<ContainerListing>(db, project);
}

std::optional<ContainerRecord> find_container_record(Database& db, const std::string& id_or_name) {
  return find<ContainerRecord>(db, id_or_name);
}

std::optional<ContainerListing> find_container_listing(Database& db, const std::string& id_or_name) {
  return find<ContainerListing>(db, id_or_name);
}

std::optional<ContainerRecord> find_container_named(Database& db, const std::string& name) {
  return first_of(select<ContainerRecord>(db, kNamed, name));
}

std::optional<std::string> port_holder(Database& db, const PublishedPort& port) {
  // The address for all of its family.
  const std::string any = netmgr::is_ipv6(port.host_ip) ? "::" : "";
  Statement query = db.prepare(
      "SELECT container_id FROM ports WHERE host_port = ?1 AND protocol = ?2 AND "
      "(host_ip LIKE '%:%') = (?4 = '::') AND (host_ip = ?3 OR host_ip = ?4 OR ?3 = ?4)");
  query.bind(1, int64_t{port.host_port}).bind(2, port.protocol).bind(3, port.host_ip).bind(4, any);
  if (!query.step()) return std::nullopt;
  return query.text(0);
}

void take_port(Database& db, const std::string& container_id, const PublishedPort& port) {
  db.prepare(
        "INSERT INTO ports(container_id, host_ip, host_port, container_port, protocol) VALUES(?,?,?,?,?)")
      .bind(1, container_id)
      .bind(2, port.host_ip)
      .bind(3, int64_t{port.host_port})
      .bind(4, int64_t{port.container_port})
      .bind(5, port.protocol)
      .step();
}

void release_ports(Database& db, const std::string& container_id) {
  db.prepare("DELETE FROM ports WHERE container_id = ?").bind(1, container_id).step();
}

}  // namespace engine
