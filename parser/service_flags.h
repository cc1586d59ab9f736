#pragma once
// Attributes of a service that are given as flags of a command (`compose run -p 80:80 -v data:/data`): read
// by the very code that reads them in files.
#include <optional>
#include <string>
#include <vector>

#include "parser/project.h"

namespace parser {

// As they were given, in order.
struct ServiceFlags {
  std::vector<std::string>
      environment{};                     // --env: NAME=VALUE; NAME alone: the tool's own value, if it has one
  std::vector<std::string> env_files{};  // --env-from-file
  std::vector<std::string> labels{};     // --label: NAME=VALUE
  std::vector<std::string> ports{};      // --publish
  std::vector<std::string> volumes{};    // --volume
  std::vector<std::string> cap_add{}, cap_drop{};
  std::optional<std::string> entrypoint{};  // one string, split into words as a shell does
};

// A service with these attributes only; variables of --env win over those of --env-from-file. Relative paths
// go by `folder`. Throws LoadError with everything that is wrong, each at its flag ("--publish: ...").
Service read_service_flags(const ServiceFlags& flags, const Project& project, const std::string& folder);

}  // namespace parser
