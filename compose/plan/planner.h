#pragma once
// Pure planning: (Project, Observed, Options) -> Plan. No I/O; every rule of compose-semantics.md, "The
// graph", is a unit test over these functions. Errors that can be known before anything starts (scale against
// a fixed port or a container_name, two services on one host port, external network missing, dependency
// cycle, unknown service) throw PlanError.
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "compose/plan/plan.h"
#include "parser/project.h"

namespace compose {

class PlanError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Observed {
  std::vector<engine::ContainerInfo> containers;  // of the project (label), one-offs included
  std::vector<engine::ContainerInfo> others;      // of other projects and of none; only for plan_up
  std::vector<engine::NetworkInfo> networks;      // all
  std::vector<engine::VolumeInfo> volumes;        // all
  std::map<std::string, engine::ImageInfo>
      images;  // by image name as services use it; only those in the store
};

struct UpOptions {
  std::vector<std::string> services{};  // empty: all
  std::map<std::string, int> scale{};
  bool no_deps = false;
  bool force_recreate = false, no_recreate = false, always_recreate_deps = false;
  bool renew_anonymous_volumes = false;
  bool remove_orphans = false, ignore_orphans = false;
  bool no_start = false;  // up --no-start, create
  std::optional<int64_t> timeout_ms{};
};

struct BuildOptions {
  std::vector<std::string> services{};  // empty: all
  bool build_all = false;               // --build, `compose build`; else only images that are missing
  bool forbid = false;                  // --no-build
  bool no_cache = false;
  std::string pull_policy{};  // of all services; empty: their own
  std::map<std::string, std::optional<std::string>> args{};
  bool pull = false;                                      // look for newer base images
  std::map<std::string, std::vector<std::string>> ssh{};  // id -> path of a socket or key; empty: the agent
  int64_t memory = 0;                                     // bytes for each RUN; 0: no limit
  bool with_dependencies = true;
  bool only_buildable =
      false;  // `compose build`: services without `build` are passed over, their images not asked for
};

// The image a service runs: its `image`, else <project>-<service>.
std::string image_of(const parser::Project& project, const parser::Service& service);

// Images that are mounted into its containers.
std::vector<std::string> mounted_images(const parser::Service& service);

// Builds needed before `up` can be planned; what comes from registries is pull_plan.h's and is done before.
// An image that is neither in the store nor buildable is a PlanError naming the service, the image and the
// way out.
Plan plan_images(const parser::Project& project, const Observed& observed, const BuildOptions& options);

// Everything from networks to started containers. Images must be observed.
Plan plan_up(const parser::Project& project, const Observed& observed, const UpOptions& options);

struct DownOptions {
  std::vector<std::string> services{};
  bool remove_orphans = false;
  bool volumes = false;  // named (not external) and anonymous ones
  std::string rmi{};     // "", "local", "all"
  std::optional<int64_t> timeout_ms{};
};
// `project` may be null: works from labels alone.
Plan plan_down(const parser::Project* project, const std::string& project_name, const Observed& observed,
               const DownOptions& options);

struct LifeOptions {
  std::vector<std::string> services{};  // empty: all
  std::optional<int64_t> timeout_ms{};
  std::string signal = "SIGKILL";            // kill
  bool no_deps = false;                      // restart
  bool stop_first = false, volumes = false;  // rm
};
// `project` may be null for all of these: order comes from the depends_on labels.
Plan plan_start(const parser::Project* project, const Observed& observed, const LifeOptions& options);
Plan plan_stop(const parser::Project* project, const Observed& observed, const LifeOptions& options);
Plan plan_restart(const parser::Project* project, const Observed& observed, const LifeOptions& options);
Plan plan_kill(const parser::Project* project, const Observed& observed, const LifeOptions& options);
// Those that run, and those that are paused.
Plan plan_pause(const parser::Project* project, const Observed& observed, const LifeOptions& options);
Plan plan_unpause(const parser::Project* project, const Observed& observed, const LifeOptions& options);
Plan plan_rm(const parser::Project* project, const Observed& observed, const LifeOptions& options);

// The engine's configuration of replica `number` of a service, labels included (com.docker.compose.*).
engine::ContainerConfig container_config(const parser::Project& project, const parser::Service& service,
                                         int number, const std::string& name, const std::string& image_id);
// SHA-256 (hex) over what reaches the container. Label com.docker.compose.config-hash.
std::string config_hash(const parser::Project& project, const parser::Service& service);
// What differs, for reasons: "user '0' -> '1000'", see difference.h. The description a
// container was made from is kept in a label (io.compose.config: canonical JSON), so that a recreate can be
// explained.
std::string explain_difference(const std::string& before_json, const std::string& after_json);
// True when nothing but the environment does.
bool differs_in_environment_alone(const std::string& before_json, const std::string& after_json);

}  // namespace compose
