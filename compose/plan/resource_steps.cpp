#include "compose/plan/resource_steps.h"

#include <algorithm>

#include "compose/plan/naming.h"
#include "parser/switches.h"

namespace compose {
namespace {

// Named by --volume alone: a volume of that very name, which belongs to no project.
void unknown_volume_step(UpScene& scene, const std::string& name) {
  const bool there = std::any_of(scene.observed.volumes.begin(), scene.observed.volumes.end(),
                                 [&](const auto& volume) { return volume.name == name; });
  if (there || name.empty()) return;
  engine::VolumeConfig config;
  config.name = name;
  scene.volume_creations[name] = scene.steps.add("Volume " + name, CreateVolume{config}, "not there yet");
}

}  // namespace

void network_steps(UpScene& scene) {
  for (const auto& [key, verdict] : scene.review.verdicts) {
    if (verdict.kind == Verdict::Kind::kKeep) continue;
    const parser::Network& network = scene.project.networks.at(key);
    const std::string resource = "Network " + network.name;
    std::vector<int> after;
    if (verdict.kind == Verdict::Kind::kRecreate) {
      after.push_back(scene.steps.add(resource, RemoveNetwork{network.name}, verdict.reason));
      scene.network_removals[network.name] = after.back();
    }
    scene.network_creations[network.name] = scene.steps.add(
        resource, CreateNetwork{network_config(scene.project, network)}, verdict.reason, after);
  }
}

void volume_steps(UpScene& scene) {
  std::set<std::string> used;
  const auto add = [&used](const parser::Service& service) {
    for (const auto& mount : service.volumes) {
      if (mount.type == parser::VolumeMount::Type::kVolume) used.insert(mount.source);
    }
  };
  for (const auto& entry : scene.states) add(*entry.second.service);
  if (scene.one_off != nullptr) add(scene.one_off->one_off.service);
  if (parser::is_switched_on(scene.project.environment, parser::kAllResources))
    for (const auto& [key, volume] : scene.project.volumes) used.insert(key);
  for (const auto& key : used) {
    const auto volume = scene.project.volumes.find(key);
    if (volume == scene.project.volumes.end()) {
      unknown_volume_step(scene, key);
      continue;
    }
    const Verdict verdict = inspect(scene.project, scene.observed, volume->second);
    if (!verdict.warning.empty()) scene.steps.warn(verdict.warning);
    if (verdict.kind != Verdict::Kind::kCreate) continue;
    scene.volume_creations[volume->second.name] =
        scene.steps.add("Volume " + volume->second.name,
                        CreateVolume{volume_config(scene.project, volume->second)}, verdict.reason);
  }
}

std::vector<int> prerequisites(const UpScene& scene, const engine::ContainerConfig& config) {
  std::vector<int> before;
  for (const auto& attachment : config.networks) {
    const auto step = scene.network_creations.find(attachment.network);
    if (step != scene.network_creations.end()) before.push_back(step->second);
  }
  for (const auto& mount : config.mounts) {
    const auto step = scene.volume_creations.find(mount.source);
    if (mount.type == engine::MountConfig::Type::kVolume && step != scene.volume_creations.end()) {
      before.push_back(step->second);
    }
  }
  return before;
}

}  // namespace compose
