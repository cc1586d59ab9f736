#include "compose/plan/resource_plan.h"

#include "compose/plan/describe.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"
#include "engine/image/digest.h"

namespace compose {
namespace {

std::string foreign(const std::string& kind, const std::string& name, const std::string& owner,
                    const std::string& project) {
  return kind + " \"" + name + "\" already exists but was " +
         (owner.empty() ? "not created by compose" : "created for project \"" + owner + "\"") +
         " (expected \"" + project +
         "\"): it is used as it is; set `external: true` to say that this is meant";
}

std::string difference(const engine::Labels& labels, const std::string& description) {
  const std::string text = explain_difference(label_of(labels, label::kConfig), description);
  return text.empty() ? "config changed" : "config changed: " + text;
}

bool hash_differs(const engine::Labels& labels, const std::string& description) {
  const std::string hash = label_of(labels, label::kConfigHash);
  return !hash.empty() && hash != engine::sha256_hex(description);
}

}  // namespace

bool is_without_links(const std::string& network) {
  return network == "host" || network == "none";
}

const engine::NetworkInfo* find_network(const Observed& observed, const std::string& name) {
  for (const auto& network : observed.networks) {
    if (network.name == name) return &network;
  }
  return nullptr;
}

const engine::VolumeInfo* find_volume(const Observed& observed, const std::string& name) {
  for (const auto& volume : observed.volumes) {
    if (volume.name == name) return &volume;
  }
  return nullptr;
}

Verdict inspect(const parser::Project& project, const Observed& observed, const parser::Network& network) {
  const engine::NetworkInfo* there = find_network(observed, network.name);
  if (network.external) {
    const bool is_builtin = is_without_links(network.name) || network.name == engine::kDefaultNetwork;
    if (there != nullptr || is_builtin) return {};
    throw PlanError("network \"" + network.name + "\" is declared as external (networks." + network.key +
                    "), but could not be found: create it first, or drop `external` to have it made");
  }
  if (there == nullptr) return {Verdict::Kind::kCreate, "not there yet", ""};
  const std::string owner = label_of(there->labels, label::kProject);
  if (owner != project.name)
    return {Verdict::Kind::kKeep, "", foreign("network", network.name, owner, project.name)};
  const std::string description = describe_network(network);
  if (!hash_differs(there->labels, description)) return {};
  return {Verdict::Kind::kRecreate, difference(there->labels, description), ""};
}

Verdict inspect(const parser::Project& project, const Observed& observed, const parser::Volume& volume) {
  const engine::VolumeInfo* there = find_volume(observed, volume.name);
  if (volume.external) {
    if (there != nullptr) return {};
    throw PlanError("volume \"" + volume.name + "\" is declared as external (volumes." + volume.key +
                    "), but could not be found: create it first, or drop `external` to have it made");
  }
  if (there == nullptr) return {Verdict::Kind::kCreate, "not there yet", ""};
  const std::string owner = label_of(there->labels, label::kProject);
  if (owner != project.name)
    return {Verdict::Kind::kKeep, "", foreign("volume", volume.name, owner, project.name)};
  const std::string description = describe_volume(volume);
  if (!hash_differs(there->labels, description)) return {};
  return {
      Verdict::Kind::kKeep, "",
      "volume \"" + volume.name + "\": " + difference(there->labels, description) +
          "; it is kept as it is, since its data would be lost. To apply the change save the data, then run "
          "compose down -v and up"};
}

}  // namespace compose
