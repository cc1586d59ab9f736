#include "compose/cli/observe.h"

#include <algorithm>

#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "engine/error.h"
#include "engine/image/reference.h"

namespace compose::cli {
namespace {

// A service's image called "db" is not the one whose id happens to begin so: in a file a name of a few hex
// digits is only a name.
bool is_meant(const std::string& name, const engine::ImageInfo& image) {
  constexpr size_t kShortestId = 12;
  const bool digits = name.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!digits || name.size() >= kShortestId) return true;
  const std::string reference = engine::parse_reference(name).to_string();
  return std::find(image.references.begin(), image.references.end(), reference) != image.references.end();
}

// The image behind a name in a file. A name that is none, as where a variable is not set, has no image: who
// needs it has been told by the parser.
std::optional<engine::ImageInfo> find_image(engine::Engine& engine, const std::string& name) {
  try {
    auto info = engine.find_image(name);
    if (info && is_meant(name, *info)) return info;
  } catch (const engine::Error& error) {
    if (error.kind() != engine::Error::Kind::kInvalid) throw;
  }
  return std::nullopt;
}

}  // namespace

Observed observe(engine::Engine& engine, const std::string& name, const parser::Project* project) {
  Observed observed;
  if (project == nullptr) {
    observed.containers = engine.containers(name);
  } else {
    for (auto& container : engine.containers("")) {
      const bool ours = label_of(container.labels, label::kProject) == name;
      (ours ? observed.containers : observed.others).push_back(std::move(container));
    }
  }
  observed.networks = engine.networks();
  observed.volumes = engine.volumes();
  if (project == nullptr) return observed;
  for (const auto& [ignored, service] : project->services) {
    std::vector<std::string> images = mounted_images(service);
    images.push_back(image_of(*project, service));
    for (const std::string& image : images) {
      if (observed.images.count(image) != 0) continue;
      if (auto info = find_image(engine, image)) observed.images.emplace(image, std::move(*info));
    }
  }
  return observed;
}

namespace {

void assume_image(Observed& observed, const std::string& name) {
  engine::ImageInfo image;
  image.id = "sha256:" + std::string(64, '0');
  image.references = {name};
  observed.images.emplace(name, std::move(image));
}

}  // namespace

void assume_images(Observed& observed, const Plan& plan) {
  for (const Step& step : plan.steps) {
    if (const auto* pull = std::get_if<PullImage>(&step.action)) {
      if (!pull->optional) assume_image(observed, pull->image);
    } else if (const auto* build = std::get_if<BuildImage>(&step.action)) {
      for (const std::string& tag : build->request->tags) assume_image(observed, tag);
    }
  }
}

}  // namespace compose::cli
