#pragma once
// Containers and projects for the command line's tests.
#include <string>

#include "../plan/fake_engine.h"
#include "engine/model.h"
#include "parser/project.h"

namespace compose::test {

inline engine::ContainerInfo container(const std::string& service, int number = 1,
                                       const std::string& oneoff = "False") {
  engine::ContainerInfo info;
  info.name = "demo-" + service + "-" + std::to_string(number);
  info.id = info.name + std::string(64 - std::min<size_t>(64, info.name.size()), '0');
  info.labels = {{"com.docker.compose.project", "demo"},
                 {"com.docker.compose.service", service},
                 {"com.docker.compose.container-number", std::to_string(number)},
                 {"com.docker.compose.oneoff", oneoff}};
  return info;
}

inline parser::Project project_of(const std::vector<std::string>& services) {
  parser::Project project;
  project.name = "demo";
  project.working_dir = "/srv/demo";
  for (const std::string& name : services) {
    project.services[name].name = name;
    project.services[name].image = "busybox";
  }
  return project;
}

}  // namespace compose::test
