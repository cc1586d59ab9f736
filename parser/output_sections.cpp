// The sections of a service that are specifications of their own.
#include "parser/output_tree.h"

namespace parser {

Json build_tree(const Build& build) {
  Json map = Json::object();
  map["context"] = build.context;
  if (build.dockerfile_inline.empty()) put(map, "dockerfile", build.dockerfile);
  put(map, "dockerfile_inline", build.dockerfile_inline);
  for (const auto& [name, value] : build.args) map["args"][name] = value ? Json(*value) : Json();
  put(map, "labels", build.labels);
  put(map, "no_cache", build.no_cache);
  put(map, "pull", build.pull);
  put(map, "target", build.target);
  put(map, "tags", build.tags);
  return map;
}

}  // namespace parser
