#include "parser/build_inputs.h"
#include "parser/paths.h"

#include <sys/stat.h>

#include <algorithm>

#include "parser/reader.h"
#include "parser/remote_context.h"

namespace parser {

namespace {

enum class Found { kNothing, kFile, kFolder };

Found look(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return Found::kNothing;
  return S_ISDIR(status.st_mode) ? Found::kFolder : Found::kFile;
}

Diagnostic error(const Mark& mark, const std::string& service, const std::string& message) {
  return {Severity::kError, mark, "services." + service + ".build", message, "", ""};
}

}  // namespace

std::vector<Diagnostic> check_build_inputs(const Project& project, const std::vector<std::string>& services) {
  std::vector<Diagnostic> errors;
  for (const auto& [name, service] : project.services) {
    const bool wanted =
        services.empty() || std::find(services.begin(), services.end(), name) != services.end();
    if (!service.build || !wanted) continue;
    const Build& build = *service.build;
    for (const auto& [key, context] : build.additional_contexts)
      if (!is_remote_context(context) && look(context) == Found::kNothing)
        errors.push_back(error(build.additional_context_marks.at(key), name,
                               "additional context '" + context + "' does not exist"));
    if (is_remote_context(build.context)) continue;
    const Found context = look(build.context);
    if (context != Found::kFolder) {
      errors.push_back(error(build.mark, name,
                             "build context '" + build.context + "' " +
                                 (context == Found::kFile ? "is not a folder" : "does not exist")));
      continue;
    }
    if (!build.dockerfile_inline.empty()) continue;
    const std::string dockerfile = absolute_path(build.dockerfile, build.context);
    if (look(dockerfile) != Found::kFile)
      errors.push_back(error(build.dockerfile_mark, name, "Dockerfile '" + dockerfile + "' does not exist"));
  }
  return errors;
}

}  // namespace parser
