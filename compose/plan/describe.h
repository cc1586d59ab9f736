#pragma once
// Canonical descriptions: the JSON over which config hashes are taken, and which is kept in label
// io.compose.config. Keys are those of the Compose file, sorted; attributes at their default are left out, so
// that a new attribute does not change the hash of a service that does not use it. Only what reaches the
// container is in it: not replicas, depends_on, build, profiles, pull_policy, attach.
#include <string>

#include "engine/model.h"
#include "parser/project.h"

namespace compose {

std::string describe_service(const parser::Project& project, const parser::Service& service);
// The same with its hash. To make it takes a good part of what planning a service takes.
struct ServiceDescription {
  std::string text, hash;
};
ServiceDescription described(const parser::Project& project, const parser::Service& service);
// As the one of planner.h, with what was described already.
engine::ContainerConfig container_config(const parser::Project& project, const parser::Service& service,
                                         int number, const std::string& name, const std::string& image_id,
                                         const ServiceDescription& description);
std::string describe_network(const parser::Network& network);
std::string describe_volume(const parser::Volume& volume);

}  // namespace compose
