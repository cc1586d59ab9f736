#include "compose/cli/build_inputs.h"

#include "parser/build_inputs.h"

namespace compose::cli {

void require_build_inputs(const parser::Project& project, const Plan& plan) {
  std::vector<std::string> services;
  for (const Step& step : plan.steps) {
    if (const auto* build = std::get_if<BuildImage>(&step.action)) services.push_back(build->service);
  }
  if (services.empty()) return;  // for the parser an empty list means all
  std::vector<parser::Diagnostic> missing = parser::check_build_inputs(project, services);
  if (!missing.empty()) throw parser::LoadError(std::move(missing));
}

}  // namespace compose::cli
