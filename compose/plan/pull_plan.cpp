#include "compose/plan/pull_plan.h"

#include <map>
#include <set>

#include "compose/plan/graph.h"
#include "compose/plan/selection.h"
#include "compose/plan/step_list.h"
#include "parser/units.h"

namespace compose {
namespace {

constexpr const char* kNoName = "the service gives its image no name";
constexpr int64_t kDayMs = 24 * 60 * 60 * 1000LL;

std::string policy_of(const parser::Service& service, const std::string& given) {
  const std::string& policy = given.empty() ? service.pull_policy : given;
  return policy == "if_not_present" ? "missing" : policy;
}

// A service has its image built under a name that only this project knows.
bool has_no_image_to_pull(const parser::Service& service) {
  return service.image.empty() || service.provider.has_value();
}

// An image that more than one service names is fetched or sent once, by the first of them.
class Transfers {
 public:
  template <typename Make>
  void add(const std::string& image, const std::string& service, const std::string& reason, const Make& make,
           std::vector<int> after = {}) {
    const auto [first, fresh] = by_image_.try_emplace(image, service);
    if (!fresh) {
      result_.skipped.emplace_back("Image " + image, "Skipped - named by " + first->second + " already");
      return;
    }
    steps_.add("Image " + image, make(), reason, std::move(after));
  }
  // A step of another plan, which those that follow may come after.
  void carry(const Step& step) { steps_.add(step.resource, step.action, step.reason, step.after); }
  void warn(const std::string& text) { steps_.warn(text); }
  void skip(const std::string& what, const std::string& why) {
    result_.skipped.emplace_back(what, "Skipped - " + why);
  }
  PullCommandPlan finish() && {
    result_.plan = std::move(steps_).finish();
    return std::move(result_);
  }

 private:
  StepList steps_;
  std::map<std::string, std::string> by_image_;
  PullCommandPlan result_;
};

class PullPlanner {
 public:
  PullPlanner(const parser::Project& project, const Observed& observed, const PullOptions& options)
      : project_(project), observed_(observed), options_(options) {
    for (const auto& [name, service] : project.services) {
      if (service.build) built_.insert(image_of(project, service));
    }
  }

  // Why the service's image is fetched; empty when it is not.
  std::string reason(const parser::Service& service) const {
    if (has_no_image_to_pull(service)) return "";
    const std::string policy = policy_of(service, options_.policy);
    const auto image = observed_.images.find(service.image);
    const bool missing = image == observed_.images.end();
    if (policy == "build") return "";
    if (policy == "never") {
      if (missing && !can_be_built(service)) refuse(service);
      return "";
    }
    if (policy == "always") return "pull_policy: always";
    if (missing) return options_.build_all && can_be_built(service) ? "" : "not there yet";
    const std::optional<int64_t> age = refresh_after_ms(policy, service.pull_refresh_after);
    const bool old = age && image->second.tagged_ms + *age <= options_.now_ms;
    return old ? "pull_policy: " + policy : "";
  }

  // Those that a service mounts and that are not there, nor can be built.
  std::vector<std::string> missing_mounts(const parser::Service& service) const {
    std::vector<std::string> images = mounted_images(service);
    std::erase_if(images, [&](const std::string& image) {
      return observed_.images.count(image) != 0 || (!options_.forbid_builds && built_.count(image) != 0);
    });
    return images;
  }

  PullImage step(const parser::Service& service) const {
    return {service.name, service.image, service.platform, can_be_built(service)};
  }

 private:
  bool can_be_built(const parser::Service& service) const {
    return !options_.forbid_builds && built_.count(service.image) != 0;
  }

  [[noreturn]] static void refuse(const parser::Service& service) {
    throw PlanError("service \"" + service.name + "\": image \"" + service.image +
                    "\" is not in the image store, and pull_policy never forbids fetching it: run `compose "
                    "pull --policy always`, load or import it, or give the service a build section");
  }

  const parser::Project& project_;
  const Observed& observed_;
  const PullOptions& options_;
  std::set<std::string> built_;  // images that services of the project build
};

// Names of the services meant, in the order of their dependencies.
std::vector<const parser::Service*> services_of(const parser::Project& project,
                                                const std::vector<std::string>& names,
                                                bool with_dependencies) {
  const ServiceGraph graph = ServiceGraph::of(project);
  const Selection selection = select_services(project, graph, names, !with_dependencies);
  std::vector<const parser::Service*> services;
  for (const std::string& name : graph.order()) {
    if (selection.services.count(name) != 0) services.push_back(&project.services.at(name));
  }
  return services;
}

// Why `pull` passes a service over; empty when it does not.
std::string reason_to_skip(const parser::Service& service, const Observed& observed,
                           const PullCommandOptions& options) {
  const std::string policy = policy_of(service, options.policy);
  if (policy == "never" || policy == "build") return "pull_policy is " + policy;
  if (policy == "missing" && observed.images.count(service.image) != 0)
    return "Image is already present locally";
  if (options.ignore_buildable && service.build) return "Image can be built";
  return "";
}

}  // namespace

std::optional<int64_t> refresh_after_ms(const std::string& policy, const std::string& refresh_after) {
  if (policy == "daily") return kDayMs;
  if (policy == "weekly") return 7 * kDayMs;
  if (policy == "refresh" && refresh_after.empty()) return 0;
  const std::string text = policy == "refresh"              ? refresh_after
                           : policy.rfind("every_", 0) == 0 ? policy.substr(6)
                                                            : "";
  if (text.empty()) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::milliseconds>(parser::parse_duration(text)).count();
}

Plan plan_pulls(const parser::Project& project, const Observed& observed, const PullOptions& options) {
  const PullPlanner planner(project, observed, options);
  Transfers transfers;
  for (const parser::Service* service : services_of(project, options.services, options.with_dependencies)) {
    const std::string reason = planner.reason(*service);
    if (!reason.empty())
      transfers.add(service->image, service->name, reason, [&] { return planner.step(*service); });
    for (const std::string& image : planner.missing_mounts(*service))
      transfers.add(image, service->name, "mounted and not there yet", [&] {
        return PullImage{service->name, image, service->platform, false};
      });
  }
  return std::move(transfers).finish().plan;
}

PullCommandPlan plan_pull_command(const parser::Project& project, const Observed& observed,
                                  const PullCommandOptions& options) {
  Transfers transfers;
  for (const parser::Service* service : services_of(project, options.services, options.with_dependencies)) {
    if (has_no_image_to_pull(*service)) {
      transfers.skip(service->name, "No image to be pulled");
      continue;
    }
    const std::string why = reason_to_skip(*service, observed, options);
    if (!why.empty()) {
      transfers.skip("Image " + service->image, why);
      continue;
    }
    transfers.add(service->image, service->name, "asked for", [&] {
      return PullImage{service->name, service->image, service->platform, options.ignore_failures};
    });
  }
  return std::move(transfers).finish();
}

std::vector<std::string> pushed_names(const parser::Service& service) {
  if (!service.build || service.image.empty()) return {};
  std::vector<std::string> names = {service.image};
  names.insert(names.end(), service.build->tags.begin(), service.build->tags.end());
  return names;
}

PullCommandPlan plan_push_command(const parser::Project& project, const PushCommandOptions& options) {
  Transfers transfers;
  for (const parser::Service* service : services_of(project, options.services, options.with_dependencies)) {
    const std::vector<std::string> names = pushed_names(*service);
    if (names.empty()) {
      transfers.skip(service->name, service->build ? kNoName : "the service builds no image");
      continue;
    }
    for (const std::string& name : names)
      transfers.add(name, service->name, "asked for", [&] {
        return PushImage{name, options.ignore_failures};
      });
  }
  return std::move(transfers).finish();
}

PullCommandPlan plan_build_push(const parser::Project& project, const Plan& builds) {
  Transfers transfers;
  for (const std::string& warning : builds.warnings) transfers.warn(warning);
  for (const Step& step : builds.steps) transfers.carry(step);  // in their order, so that numbers stay
  for (const Step& step : builds.steps) {
    const auto* build = std::get_if<BuildImage>(&step.action);
    if (build == nullptr) continue;
    const std::vector<std::string> names = pushed_names(project.services.at(build->service));
    if (names.empty()) transfers.skip(build->service, kNoName);
    for (const std::string& name : names)
      transfers.add(name, build->service, "built", [&] { return PushImage{name, false}; }, {step.id});
  }
  return std::move(transfers).finish();
}

}  // namespace compose
