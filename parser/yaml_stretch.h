#pragma once
// What the YAML library is given at once, and what becomes of its events: for load_yaml (yaml.h), which says
// when a file is more than one stretch.
#include <string>
#include <string_view>
#include <vector>

#include "parser/node.h"
#include "parser/report.h"

namespace parser {

struct Stretch {
  size_t begin = 0;
  size_t end = std::string::npos;
  std::string_view key =
      {};  // of the map that the stretch begins in the midst of; empty: it is not within one
};

struct Reading {
  std::vector<Node> documents;  // empty when there were errors
  size_t values = 0;            // in them, aliases not expanded
};

// The documents of a stretch, their places being those in `source`. Errors go to `report`.
Reading read_stretch(const Source& source, const Stretch& stretch, Report& report);

}  // namespace parser
