#include "compose/plan/borrowed_volumes.h"

#include <algorithm>

#include "compose/plan/inventory.h"

namespace compose {
namespace {

using engine::MountInfo;
using Type = engine::MountConfig::Type;

bool is_own(const parser::Service& service, const std::string& target) {
  return std::any_of(service.volumes.begin(), service.volumes.end(),
                     [&](const parser::VolumeMount& mount) { return mount.target == target; });
}

bool has(const engine::ContainerInfo& container, const MountInfo& lent) {
  return std::any_of(container.mounts.begin(), container.mounts.end(), [&](const MountInfo& mount) {
    return mount.target == lent.target && mount.type == lent.type && mount.source == lent.source;
  });
}

// Something else of the borrower's lies there: a secret, or what an earlier lender has there.
bool has_another(const engine::ContainerInfo& container, const std::string& target) {
  return std::any_of(container.mounts.begin(), container.mounts.end(),
                     [&](const MountInfo& mount) { return mount.target == target; });
}

}  // namespace

std::vector<VolumeLender> lenders_of(const parser::Service& service) {
  std::vector<VolumeLender> lenders;
  for (std::string text : service.volumes_from) {
    VolumeLender lender;
    const bool container = text.starts_with("container:");
    if (container) text.erase(0, std::string("container:").size());
    const size_t colon = text.find(':');
    lender.read_only = colon != std::string::npos && text.substr(colon + 1) == "ro";
    (container ? lender.container : lender.service) = text.substr(0, colon);
    lenders.push_back(std::move(lender));
  }
  return lenders;
}

const engine::ContainerInfo* lending_container(const Observed& observed, const std::string& service) {
  const engine::ContainerInfo* first = nullptr;
  for (const auto& container : observed.containers) {
    if (service_of(container) != service || is_one_off(container)) continue;
    if (first == nullptr || number_of(container) < number_of(*first)) first = &container;
  }
  return first;
}

std::string borrowed_divergence(const parser::Service& service, const Observed& observed,
                                const engine::ContainerInfo& container) {
  const std::vector<VolumeLender> lenders = lenders_of(service);
  for (const VolumeLender& lender : lenders) {
    if (lender.service.empty()) continue;
    const engine::ContainerInfo* other = lending_container(observed, lender.service);
    if (other == nullptr) continue;
    for (const MountInfo& mount : other->mounts) {
      if (mount.type != Type::kBind && mount.type != Type::kVolume) continue;
      if (is_own(service, mount.target) || has(container, mount)) continue;
      if (lenders.size() > 1 && has_another(container, mount.target)) continue;
      return "volumes of " + lender.service + " changed: " + mount.target;
    }
  }
  return "";
}

}  // namespace compose
