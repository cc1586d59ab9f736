#include "compose/cli/observe.h"

#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"

namespace compose::cli {

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
      if (auto info = engine.find_image(image)) observed.images.emplace(image, std::move(*info));
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
      for (const std::string& tag : build->request.tags) assume_image(observed, tag);
    }
  }
}

}  // namespace compose::cli
