#include "engine/events/event.h"

#include <nlohmann/json.hpp>

namespace engine {

namespace {
constexpr int64_t kSecond = 1'000'000'000;
}

std::string to_json(const Event& event) {
  nlohmann::json attributes = nlohmann::json::object();
  for (const auto& [name, value] : event.attributes) attributes[name] = value;
  nlohmann::json json = {{"Type", event.type},
                         {"Action", event.action},
                         {"Actor", {{"ID", event.id}, {"Attributes", std::move(attributes)}}},
                         {"scope", "local"},
                         {"time", event.time_ns / kSecond},
                         {"timeNano", event.time_ns}};
  // Of API versions before 1.22, still sent by Docker.
  if (event.type == "container" || event.type == "image") {
    json["status"] = event.action;
    json["id"] = event.id;
    const auto image = event.attributes.find("image");
    if (image != event.attributes.end()) json["from"] = image->second;
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::map<std::string, std::string> event_attributes_from(std::string_view json) {
  std::map<std::string, std::string> attributes;
  const nlohmann::json object = nlohmann::json::parse(json, nullptr, false);
  if (!object.is_object()) return attributes;
  for (const auto& [name, value] : object.items())
    if (value.is_string()) attributes.emplace(name, value.get<std::string>());
  return attributes;
}

std::optional<Event> event_from_json(std::string_view line) {
  try {
    const nlohmann::json json = nlohmann::json::parse(line);
    Event event;
    json.at("Type").get_to(event.type);
    json.at("Action").get_to(event.action);
    json.at("Actor").at("ID").get_to(event.id);
    json.at("Actor").at("Attributes").get_to(event.attributes);
    json.at("timeNano").get_to(event.time_ns);
    return event;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace engine
