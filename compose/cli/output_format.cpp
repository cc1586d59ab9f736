#include "compose/cli/output_format.h"

#include "compose/cli/failure.h"
#include "compose/plan/labels.h"

namespace compose::cli {

void check_format(const std::string& format) {
  if (format.empty() || format == "table" || format == "json") return;
  throw CommandError("--format " + format + " is not supported yet: use table or json");
}

engine::Labels shown_labels(engine::Labels labels) {
  labels.erase(label::kConfig);
  return labels;
}

}  // namespace compose::cli
