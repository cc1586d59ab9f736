#pragma once
// How the plan of up ends observed containers. Each function notes its steps in the scene (endings, stops),
// by which whoever takes what such a container holds is told to wait.
#include <string>
#include <vector>

#include "compose/plan/up_scene.h"

namespace compose {

// Stops (when up) and removes it. Returns the removing step.
int end_container(UpScene& scene, const engine::ContainerInfo& container, const std::string& resource,
                  const std::string& reason, std::vector<int> after, bool anonymous_volumes = false);

int stop_container(UpScene& scene, const engine::ContainerInfo& container, const std::string& resource,
                   const std::string& reason, std::vector<int> after);

// Stops (when up) it and frees its addresses. It is still there with all its data, to be started again when
// what comes next fails. Returns the last step.
int release_container(UpScene& scene, const engine::ContainerInfo& container, const std::string& resource,
                      const std::string& reason, std::vector<int> after = {});

// Of an interrupted recreate or update.
int end_leftover(UpScene& scene, const engine::ContainerInfo& container);

// Notes the step that stops it, if there is one, as one of its service's.
void remember_stop(UpScene& scene, const std::string& service, const engine::ContainerInfo& container);

// Of the scene's orphans.
void orphan_steps(UpScene& scene);

}  // namespace compose
