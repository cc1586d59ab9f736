#pragma once
// What all named things of the top level (networks, volumes, configs, secrets) have alike: how they are
// called, whether someone else made them, labels.
#include <string>

#include "parser/section.h"

namespace parser {

struct ResourceName {
  std::string name;  // as the engine knows it
  bool external = false;
};

// Checks the key, the name, and that nothing else is said about what is external.
ResourceName read_resource_name(const Section& section, const Entry& entry, const std::string& what,
                                const std::string& project);

template <typename Resource>
Resource read_resource(const Section& section, const Entry& entry, const std::string& what,
                       const std::string& project) {
  const ResourceName name = read_resource_name(section, entry, what, project);
  Resource resource;
  resource.key = entry.key;
  resource.mark = entry.key_at.mark();
  resource.name = name.name;
  resource.external = name.external;
  section.map("labels", resource.labels);
  resource.extensions = section.extensions();
  return resource;
}

}  // namespace parser
