#include "compose/cli/load_unresolved.h"

namespace compose::cli {

parser::Project load_unresolved(Context& context, const std::vector<std::string>& selected) {
  parser::LoadOptions options = context.load_options(selected);
  options.resolve_environment = false;
  return context.load(options);
}

}  // namespace compose::cli
