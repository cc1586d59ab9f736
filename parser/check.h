#pragma once
// What must hold between the parts of a project: names refer to something, values fit together. Only active
// services are looked at, and nothing is concluded from parts that carry an error already. What Docker takes
// although it makes little sense is a warning.
#include <string>
#include <vector>

#include "parser/draft.h"
#include "parser/node.h"
#include "parser/path.h"
#include "parser/report.h"

namespace parser {

// Fills what follows from the whole: the implicit network `default`, implied dependencies.
void complete(Draft& draft);
// Instead of complete(): networks and volumes have the names that are written, and else none.
void forget_derived_names(Draft& draft);

void check_project(const Draft& draft, Report& report);

// Parts of check_project.
void check_dependencies(const Draft& draft, Report& report);  // defined, active, without cycle
void check_ports(const Draft& draft, Report& report);         // one host port, one user
void check_resources(const Draft& draft, Report& report);     // configs, secrets, models
void check_images(const Draft& draft, Report& report);        // names of images are such
void check_builds(const Draft& draft, Report& report);        // contexts that are other services' images
void check_subnets(const Draft& draft, Report& report);       // no two overlap
void check_addresses(const Draft& draft, Report& report);     // in a subnet; one address, one user
// Of one service.
void check_networks(const Draft& draft, const ServiceDraft& service, Report& report);
void check_namespaces(const ServiceDraft& service, Report& report);  // what does not go with a shared one
void check_mounts(const Draft& draft, const ServiceDraft& service, Report& report);
void check_limits(const ServiceDraft& service, Report& report);

// Notes every name of an image in the service, for check_images.
void note_images(const Node& node, const Path& path, ServiceDraft& draft);

// The way out when `name` is not under the top-level `section`.
std::string undefined_hint(const std::string& name, const std::vector<std::string>& known,
                           const std::string& section);

template <typename Map>
std::vector<std::string> keys(const Map& map) {
  std::vector<std::string> names;
  names.reserve(map.size());
  for (const auto& [key, unused] : map) names.push_back(key);
  return names;
}

}  // namespace parser
