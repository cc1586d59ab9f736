#include "compose/cli/bundled_images.h"

#include <algorithm>

#include "engine/bundled_image.h"
#include "engine/error.h"
#include "engine/image/reference.h"

namespace compose::cli {
namespace {

constexpr const char* kReplaced = "dockercloud/haproxy";
constexpr const char* kDockerSocket = "/docker.sock";

bool is_replaced(const std::string& image) {
  if (image.find(kReplaced) == std::string::npos) return false;
  try {
    const engine::Reference reference = engine::parse_reference(image);
    return reference.registry == "docker.io" && reference.repository == kReplaced;
  } catch (const engine::Error&) {
    return false;  // whoever needs the image tells
  }
}

}  // namespace

void use_bundled_images(Context& context, parser::Project& project) {
  const auto wanted = [](const auto& entry) {
    return !entry.second.build && is_replaced(entry.second.image);
  };
  if (std::none_of(project.services.begin(), project.services.end(), wanted)) return;
  if (context.globals().no_bundled_lb || context.variable_is_true("COMPOSE_NO_BUNDLED_LB")) return;
  const auto built = [](const auto& entry) { return entry.second.build && is_replaced(entry.second.image); };
  if (std::any_of(project.services.begin(), project.services.end(), built)) return;
  for (auto& [name, service] : project.services) {
    if (service.build || !is_replaced(service.image) || context.engine().find_image(service.image)) continue;
    tell("service \"" + name + "\": " + service.image + " is not in the image store; the bundled " +
         engine::kLoadBalancerImage + " takes its place (--no-bundled-lb pulls instead)\n");
    service.image = engine::kLoadBalancerImage;
    // It would be made as a folder on a host without Docker.
    std::erase_if(service.volumes, [](const parser::VolumeMount& mount) {
      return mount.type == parser::VolumeMount::Type::kBind && mount.source.ends_with(kDockerSocket);
    });
  }
}

parser::Project load_bundled(Context& context, const std::vector<std::string>& selected) {
  parser::Project project = context.load(selected);
  use_bundled_images(context, project);
  return project;
}

}  // namespace compose::cli
