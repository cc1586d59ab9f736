#pragma once
// Something that happened to a container, network, volume or image, in Docker's words.
// Source: Docker's API, `GET /events`.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace engine {

// Labels of our own: what they hold, whole configurations with whatever secrets are in them, is not for
// events.
inline constexpr char kOwnLabels[] = "io.compose.";

struct Event {
  std::string type;    // container, network, volume, image
  std::string action;  // create, start, die, "exec_start: ls", "health_status: healthy", ...
  std::string id;      // of a volume: its name; of an image: its id or the reference it came by
  std::map<std::string, std::string> attributes;
  int64_t time_ns = 0;  // since 1970
};

// One line of JSON, without its end, as Docker's API has it.
std::string to_json(const Event& event);
// A JSON object of texts (Spec::event_attrs); empty when it is none.
std::map<std::string, std::string> event_attributes_from(std::string_view json);
// Nothing when the text is none.
std::optional<Event> event_from_json(std::string_view line);

}  // namespace engine
