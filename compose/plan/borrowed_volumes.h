#pragma once
// `volumes_from`: whose volumes and binds a service has as well. A container takes them over when it is made;
// so it is made anew when those of the other are different ones, or the other is replaced. Source: Compose
// Specification.
#include <string>
#include <vector>

#include "compose/plan/planner.h"

namespace compose {

struct VolumeLender {
  std::string service;    // empty: `container`
  std::string container;  // by name; empty: `service`
  bool read_only = false;
};

// In the order of the file.
std::vector<VolumeLender> lenders_of(const parser::Service& service);

// The observed container that lends a service's volumes: that with the lowest number. Null when there is
// none.
const engine::ContainerInfo* lending_container(const Observed& observed, const std::string& service);

// Why a container does not have what it should have of others; empty when it does.
std::string borrowed_divergence(const parser::Service& service, const Observed& observed,
                                const engine::ContainerInfo& container);

}  // namespace compose
