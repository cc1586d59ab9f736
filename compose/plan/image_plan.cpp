// Which images must be built before containers can be made from them.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "compose/plan/build_request.h"
#include "compose/plan/graph.h"
#include "compose/plan/naming.h"
#include "compose/plan/planner.h"
#include "compose/plan/selection.h"
#include "compose/plan/step_list.h"
#include "parser/remote_context.h"

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

// The builds of a plan, each image once. One whose Dockerfile uses another service's image waits for that
// one's build: it is built too, so that it is never made from what is out of date.
class Builds {
 public:
  Builds(const parser::Project& project, const BuildOptions& options)
      : project_(project), options_(options) {}

  void add(const parser::Service& builder, const std::string& reason) { step_of(builder, reason); }
  Plan finish() && {
    Plan plan = std::move(steps_).finish();
    plan.warnings.insert(plan.warnings.end(), warnings_.begin(), warnings_.end());
    return plan;
  }

 private:
  // The parser has refused circles.
  int step_of(const parser::Service& builder, const std::string& reason) {
    const std::string image = image_of(project_, builder);
    const auto known = built_.find(image);
    if (known != built_.end()) return known->second;
    std::vector<int> needed;
    for (const auto& [name, context] : builder.build->additional_contexts) {
      if (const auto service = parser::service_of_context(context)) {
        needed.push_back(
            step_of(project_.services.at(*service), "service \"" + builder.name + "\" is built with it"));
      }
    }
    const int step = steps_.add(
        "Image " + image, BuildImage{builder.name, build_request(project_, builder, options_, warnings_)},
        reason, needed);
    built_.emplace(image, step);
    return step;
  }

  const parser::Project& project_;
  const BuildOptions& options_;
  StepList steps_;
  std::map<std::string, int> built_;
  std::vector<std::string> warnings_;
};

}  // namespace

std::string image_of(const parser::Project& project, const parser::Service& service) {
  return service.image.empty() ? project.name + separator(project) + service.name : service.image;
}

std::vector<std::string> mounted_images(const parser::Service& service) {
  std::vector<std::string> images;
  for (const auto& mount : service.volumes)
    if (mount.type == parser::VolumeMount::Type::kImage) images.push_back(mount.source);
  return images;
}

Plan plan_images(const parser::Project& project, const Observed& observed, const BuildOptions& options) {
  const ServiceGraph graph = ServiceGraph::of(project);
  const Selection selection = select_services(project, graph, options.services, !options.with_dependencies);
  Builds builds(project, options);
  for (const auto& name : graph.order()) {
    if (selection.services.count(name) == 0) continue;
    const parser::Service& service = project.services.at(name);
    for (const std::string& mounted : mounted_images(service)) {
      if (options.only_buildable || observed.images.count(mounted) != 0) continue;
      const parser::Service* builder = builder_of(project, mounted);
      if (builder == nullptr) missing_image(service, mounted);
      if (options.forbid) {
        throw PlanError("service \"" + name + "\": image \"" + mounted +
                        "\", which it mounts, is not there and --no-build forbids building it");
      }
      builds.add(*builder, "mounted by service \"" + name + "\"");
    }
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
    builds.add(*builder, missing ? "not there yet" : policy ? "pull_policy: build" : "asked for");
  }
  return std::move(builds).finish();
}

}  // namespace compose
