#pragma once
// Services that are updated by groups.
#include "compose/plan/rollback.h"
#include "scene.h"

namespace compose::test {

using std::chrono::milliseconds;

// A service with an update_config, at version 1.
struct UpdateScene : Scene {
  explicit UpdateScene(int replicas = 3) {
    add_service(project, "web").replicas = replicas;
    web().environment["VERSION"] = "1";
    web().deploy.emplace().update_config.emplace();
    engine.behaviours["web"] = {Behaviour::Kind::kGetsHealthy, 0, 0};
  }
  parser::Service& web() { return project.services.at("web"); }
  parser::UpdateConfig& config() { return *web().deploy->update_config; }
  void version(const std::string& version) { web().environment["VERSION"] = version; }
  // Containers of this version do this.
  void let(const std::string& version, Behaviour behaviour) {
    engine.behaviour_of = [version, behaviour](const engine::ContainerInfo& container) {
      const bool is = label_of(container.labels, label::kConfig).find("\"VERSION\":\"" + version + '"') !=
                      std::string::npos;
      return is ? std::optional(behaviour) : std::nullopt;
    };
  }
  std::map<std::string, std::string> ids() {
    std::map<std::string, std::string> found;
    for (const auto& container : engine.containers("demo")) found[container.name] = container.id;
    return found;
  }
  int running(const std::string& service = "web") {
    const auto all = engine.containers("demo");
    return static_cast<int>(std::count_if(all.begin(), all.end(), [&](const auto& container) {
      return service_of(container) == service && container.status.state == engine::State::kRunning;
    }));
  }
  RunResult roll_back() { return execute(plan_rollback(project, observed(), {{"web"}})); }
};

inline std::string warnings_of(const Plan& plan) {
  return join(plan.warnings, "\n");
}

}  // namespace compose::test
