#include "compose/cli/watch_rules.h"

#include <filesystem>
#include <stdexcept>

#include "compose/cli/failure.h"
#include "engine/build/dockerfile_source.h"

namespace compose::cli {
namespace {

watch::ServiceFiles files_of(const parser::Service& service) {
  watch::ServiceFiles files;
  files.name = service.name;
  if (service.build && service.build->context.starts_with('/')) {
    const parser::Build& build = *service.build;
    engine::BuildRequest request;
    request.context = build.context;
    engine::build::DockerfileSource source;
    if (build.dockerfile_inline.empty()) {
      source.name = build.dockerfile.empty() ? "Dockerfile" : build.dockerfile;
      source.path = source.name.starts_with('/') ? source.name : build.context + '/' + source.name;
    }
    std::error_code ignored;  // it need not be there: nothing of it is watched then
    files.context = std::filesystem::weakly_canonical(build.context, ignored).string();
    files.ignored = engine::build::read_ignore_rules(request, source);
  }
  for (const parser::VolumeMount& mount : service.volumes) {
    if (mount.type != parser::VolumeMount::Type::kBind) continue;
    std::error_code ignored;
    files.bind_mounts.push_back(std::filesystem::weakly_canonical(mount.source, ignored).string());
  }
  return files;
}

parser::Diagnostic diagnostic(const parser::Service& service, size_t index, const std::string& message,
                              const std::string& hint = "") {
  parser::Diagnostic found;
  found.mark = service.develop->watch[index].mark;
  found.path = "services." + service.name + ".develop.watch[" + std::to_string(index) + "]";
  found.message = message;
  found.hint = hint;
  return found;
}

}  // namespace

bool has_watch_rules(const parser::Project& project, const std::set<std::string>& services) {
  for (const auto& [name, service] : project.services)
    if (services.contains(name) && service.develop && !service.develop->watch.empty()) return true;
  return false;
}

std::vector<watch::Rule> watch_rules(Context& context, const parser::Project& project,
                                     const std::set<std::string>& services) {
  std::vector<watch::Rule> rules;
  std::vector<parser::Diagnostic> errors, warnings;
  if (!has_watch_rules(project, services)) {
    throw CommandError(
        "none of the selected services is configured for watch: give one a develop.watch section");
  }
  for (const auto& [name, service] : project.services) {
    if (!services.contains(name) || !service.develop || service.develop->watch.empty()) continue;
    const watch::ServiceFiles files = files_of(service);
    for (size_t i = 0; i < service.develop->watch.size(); ++i) {
      const parser::Watch& written = service.develop->watch[i];
      try {
        watch::Rule rule(files, written);
        if (rule.action() == watch::Action::kRebuild && !service.build) {
          errors.push_back(diagnostic(service, i, "action 'rebuild' of a service without a build section",
                                      "give it one, or another action"));
        } else if (rule.is_mounted()) {
          warnings.push_back(diagnostic(service, i,
                                        written.path + " is bind mounted into the service already, so it is "
                                                       "not synced",
                                        "remove the rule or the volume"));
        } else {
          rules.push_back(std::move(rule));
        }
      } catch (const std::invalid_argument& error) {
        errors.push_back(diagnostic(service, i, error.what()));
      }
      std::error_code ignored;
      if (!std::filesystem::exists(written.path, ignored))
        warnings.push_back(
            diagnostic(service, i, written.path + " does not exist", "it is watched as soon as it appears"));
    }
  }
  for (parser::Diagnostic& warning : warnings) warning.severity = parser::Severity::kWarning;
  context.show_warnings(warnings);
  if (!errors.empty()) throw parser::LoadError(std::move(errors));
  return rules;
}

}  // namespace compose::cli
