#pragma once
// What listings tell of a container's configuration, read without the rest of it.
#include <string>
#include <vector>

#include "engine/model.h"

namespace engine {

struct ShownConfig {
  Labels labels;
  std::vector<PublishedPort> ports;  // as asked for
  std::vector<std::string> expose;
  std::string log_driver;
};

// Of ContainerConfig's JSON. Throws engine::Error as container_config_from_json.
ShownConfig shown_config_from_json(const std::string& text);
// The same of one that is read.
ShownConfig shown_config_of(const ContainerConfig& config);

}  // namespace engine
