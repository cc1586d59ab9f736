// What the journal of events is told by this engine's verbs. What happens to a program, its starts, ends,
// signals and health, is told by its monitor (engine/monitor/supervisor.cpp), which is the only one that
// knows.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/events/journal.h"
#include "engine/local_engine.h"

namespace engine {

namespace {

std::map<std::string, std::string> attributes_of(const Labels& labels, const std::string& name,
                                                 const std::string& image) {
  std::map<std::string, std::string> attributes = labels;
  std::erase_if(attributes, [](const auto& label) { return label.first.starts_with(kOwnLabels); });
  attributes["name"] = name;
  attributes["image"] = image;
  return attributes;
}

}  // namespace

LocalEngine::EventAttributes LocalEngine::event_attributes(const ContainerRecord& record) {
  return attributes_of(record.config.labels, record.config.name, record.config.image);
}

std::string LocalEngine::event_attrs_of(const ContainerRecord& record) {
  return nlohmann::json(event_attributes(record))
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void LocalEngine::note(const std::string& type, const std::string& action, const std::string& id,
                       EventAttributes attributes) const noexcept {
  append_event(paths_.events(), {type, action, id, std::move(attributes)});
}

void LocalEngine::note_container(const ContainerRecord& record, const std::string& action,
                                 const EventAttributes& more) const noexcept {
  EventAttributes attributes = more;
  attributes.merge(event_attributes(record));
  note("container", action, record.id, std::move(attributes));
}

void LocalEngine::note_container(const ContainerListing& listing, const std::string& action,
                                 const EventAttributes& more) const noexcept {
  EventAttributes attributes = more;
  attributes.merge(attributes_of(listing.config.labels, listing.name, listing.image));
  note("container", action, listing.id, std::move(attributes));
}

void LocalEngine::note_volume(const std::string& action, const std::string& name,
                              const EventAttributes& more) const noexcept {
  EventAttributes attributes = more;
  attributes["driver"] = "local";
  note("volume", action, name, std::move(attributes));
}

void LocalEngine::note_networks(const ContainerRecord& record, const std::string& action) {
  if (record.endpoints.empty()) return;
  std::vector<NetworkRecord> networks;
  db_.read([&] { networks = list_networks(db_); });
  for (const EndpointRecord& endpoint : record.endpoints) {
    for (const NetworkRecord& network : networks) {
      if (network.id != endpoint.network_id) continue;
      note("network", action, network.id,
           {{"container", record.id}, {"name", network.config.name}, {"type", network.config.driver}});
    }
  }
}

void LocalEngine::note_volumes(const ContainerRecord& record, const std::string& action) const noexcept {
  for (const MountRecord& mount : record.mounts) {
    if (mount.type != MountConfig::Type::kVolume) continue;
    EventAttributes attributes = {{"container", record.id}};
    if (action == "mount") {
      attributes["destination"] = mount.target;
      attributes["propagation"] = "";
      attributes["read/write"] = mount.read_only ? "false" : "true";
    }
    note_volume(action, mount.source, attributes);
  }
}

void LocalEngine::note_container_event(const std::string& id, const std::string& action) {
  std::optional<ContainerListing> listing;
  db_.read([&] { listing = find_container_listing(db_, id); });
  if (listing) note_container(*listing, action);
}

}  // namespace engine
