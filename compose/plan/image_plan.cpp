// Which images must be built before containers can be made from them.
#include <set>

#include "compose/plan/build_request.h"
#include "compose/plan/graph.h"
#include "compose/plan/planner.h"
#include "compose/plan/selection.h"
#include "compose/plan/step_list.h"

namespace compose {
namespace {

// A service that builds `image`, though another one only uses it.
const parser::Service* builder_of(const parser::Project& project, const std::string& image) {
  for (const auto& entry : project.services) {
    if (entry.second.build && image_of(project, entry.second) == image) return &entry.second;
  }
  return nullptr;
}

[[noreturn]] void missing_image(const parser::Service& service, const std::string& image) {
  throw PlanError("service \"" + service.name + "\": image \"" + image +
                  "\" is not in the image store: fetch it (compose pull), import it (compose image import "
                  "ARCHIVE " +
                  image + "), or give the service a build section");
}

}  // namespace

std::string image_of(const parser::Project& project, const parser::Service& service) {
  return service.image.empty() ? project.name + "-" + service.name : service.image;
}

Plan plan_images(const parser::Project& project, const Observed& observed, const BuildOptions& options) {
  const ServiceGraph graph = ServiceGraph::of(project);
  const Selection selection = select_services(project, graph, options.services, !options.with_dependencies);
  StepList steps;
  std::vector<std::string> warnings;
  std::set<std::string> built;
  for (const auto& name : graph.order()) {
    if (selection.services.count(name) == 0) continue;
    const parser::Service& service = project.services.at(name);
    if (!service.build && options.only_buildable) continue;
    const std::string image = image_of(project, service);
    const bool missing = observed.images.count(image) == 0;
    const std::string& pull_policy = options.pull_policy.empty() ? service.pull_policy : options.pull_policy;
    const bool policy = service.build && pull_policy == "build" && !options.forbid;
    if (!missing && !policy && !(service.build && options.build_all)) continue;
    const parser::Service* builder = service.build ? &service : builder_of(project, image);
    if (builder == nullptr) missing_image(service, image);
    if (options.forbid) {
      if (!missing) continue;
      throw PlanError("service \"" + name + "\": image \"" + image +
                      "\" is not there and --no-build forbids building it");
    }
    if (!built.insert(image).second) continue;
    steps.add("Image " + image,
              BuildImage{builder->name, build_request(project, *builder, options, warnings)},
              missing  ? "not there yet"
              : policy ? "pull_policy: build"
                       : "asked for");
  }
  Plan plan = std::move(steps).finish();
  plan.warnings.insert(plan.warnings.end(), warnings.begin(), warnings.end());
  return plan;
}

}  // namespace compose
