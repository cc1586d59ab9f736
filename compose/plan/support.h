#pragma once
// Which attributes of the Compose Specification this program honours. The parser takes all of them; whoever
// is about to act on a project asks here first, so that nothing is taken and then ignored in silence.
// Attributes without a row in the table (support_table.cpp) are honoured.
#include <set>
#include <string>
#include <vector>

#include "parser/diagnostic.h"
#include "parser/node.h"
#include "parser/project.h"

namespace compose {

enum class Support {
  kHonoured,
  kNoEffect,  // taken: on one machine, or on Linux, it says nothing
  kNotYet,    // refused
};

struct SupportRow {
  std::string_view place;  // pattern over places, as in parser/path.h; what is below it is meant too
  Support support;
  std::string_view note;  // why it has no effect; what to do instead; may be empty
  // When not null: the row holds only for values that this is true for.
  bool (*holds)(const parser::Node& value) = nullptr;
};

const std::vector<SupportRow>& support_table();

struct Finding {
  Support support = Support::kHonoured;
  parser::Mark mark;      // of the attribute's name, or of the value that matters
  std::string place;      // "services.web"
  std::string attribute;  // "devices"; empty: an item of a list
  std::string value;      // the value that matters: "service:db"; empty: whatever it is
  std::string note;
  bool of_build = false;  // it is about how an image is built
};

// "devices", "network_mode: service:db"; of an item its value.
std::string said(const Finding& finding);

// Every attribute that `tree`, the merged document behind `project`, gives, in its order: in the services
// named (active ones), and in the networks and volumes of the project. What lies below an attribute of the
// table is not listed by itself.
std::vector<Finding> review_support(const parser::Node& tree, const parser::Project& project,
                                    const std::set<std::string>& services);

enum class Purpose { kRun, kBuild };  // kBuild: only the `build` sections matter

// Throws parser::LoadError with every attribute that is not supported yet, each at its place.
void require_supported(const parser::Node& tree, const parser::Project& project,
                       const std::set<std::string>& services, Purpose purpose);

}  // namespace compose
