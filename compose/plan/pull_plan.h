#pragma once
// Which images come from registries or go there. Pure, like planner.h.
// Source: Compose Specification, "pull_policy"; docker compose pull, push.
#include <cstdint>
#include <string>
#include <vector>

#include "compose/plan/planner.h"

namespace compose {

struct PullOptions {
  std::vector<std::string> services{};  // empty: all
  bool with_dependencies = true;
  std::string policy{};        // --pull, `pull --policy`; empty: each service's own
  bool build_all = false;      // --build: what can be built is not fetched
  bool forbid_builds = false;  // --no-build: what could be built has to be fetched
  int64_t now_ms = 0;          // for policies with an age: daily, weekly, every_<duration>
};

// What has to be fetched before images can be built and containers made. A failure to fetch what can be built
// as well only warns. Throws PlanError when an image is missing and its policy forbids fetching.
Plan plan_pulls(const parser::Project& project, const Observed& observed, const PullOptions& options);

struct PullCommandOptions {
  std::vector<std::string> services{};
  bool with_dependencies = false;
  std::string policy{};  // "", "missing", "always"
  bool ignore_buildable = false, ignore_failures = false;
};
// `compose pull`: every image, but what the service's policy keeps from it. What is passed over is told in
// `skipped`: resource and reason.
struct PullCommandPlan {
  Plan plan;
  std::vector<std::pair<std::string, std::string>> skipped;
};
PullCommandPlan plan_pull_command(const parser::Project& project, const Observed& observed,
                                  const PullCommandOptions& options);

struct PushCommandOptions {
  std::vector<std::string> services{};
  bool with_dependencies = false;
  bool ignore_failures = false;
};
// The names under which an image that the service builds is sent: its own and its further tags. Empty when it
// builds none, or gives it no name of its own.
std::vector<std::string> pushed_names(const parser::Service& service);
// `compose push`: the images of services that build one under a name of its own, with their further tags.
PullCommandPlan plan_push_command(const parser::Project& project, const PushCommandOptions& options);
// `compose build --push`: `builds`, made by plan_images, and each image sent when it is built.
PullCommandPlan plan_build_push(const parser::Project& project, const Plan& builds);

// The age after which `policy` fetches anew: "daily", "weekly", "every_12h", "refresh" with `refresh_after`.
// Nothing for other policies.
std::optional<int64_t> refresh_after_ms(const std::string& policy, const std::string& refresh_after);

}  // namespace compose
