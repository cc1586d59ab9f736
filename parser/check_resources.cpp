// Configs, secrets and models: what services name is defined, what is used has its bytes, and no two stand at
// one place.
#include <sys/stat.h>

#include "parser/check.h"
#include "parser/profiles.h"

namespace parser {

namespace {

struct Kind {
  std::string name;     // "config"
  std::string section;  // "configs"
  std::string folder;   // where a relative target lies; with a slash at the end
};

const Kind& config_kind() {
  static const Kind kKind{"config", "configs", "/"};
  return kKind;
}
const Kind& secret_kind() {
  static const Kind kKind{"secret", "secrets", "/run/secrets/"};
  return kKind;
}

template <typename Map>
void check_defined(const Draft& draft, const Map& objects, const Kind& kind, const std::string& key,
                   const Mark& mark, const std::string& place, Report& report) {
  if (draft.damaged || key.empty() || objects.count(key) != 0) return;
  report.error(mark, place, kind.name + " '" + key + "' is not defined",
               undefined_hint(key, keys(objects), kind.section));
}

using Targets = std::map<std::string, Mark>;

void check_grants(const Draft& draft, const std::vector<FileGrant>& grants,
                  const std::map<std::string, FileObject>& objects, const Kind& kind,
                  const std::string& place, Targets& targets, Report& report) {
  for (const FileGrant& grant : grants) {
    check_defined(draft, objects, kind, grant.source, grant.mark, place, report);
    std::string target = grant.target.empty() ? grant.source : grant.target;
    if (target.empty()) continue;
    if (target[0] != '/') target = kind.folder + target;
    const auto [first, fresh] = targets.emplace(target, grant.mark);
    if (!fresh)
      report.error(grant.mark, place,
                   "'" + target + "' is taken, first in line " + std::to_string(first->second.line),
                   "give it another 'target'");
  }
}

void check_service(const Draft& draft, const Service& service, Report& report) {
  const std::string place = "services." + service.name;
  const Project& project = draft.project;
  Targets targets;
  for (const VolumeMount& mount : service.volumes) targets.emplace(mount.target, mount.mark);
  check_grants(draft, service.configs, project.configs, config_kind(), place + ".configs", targets, report);
  check_grants(draft, service.secrets, project.secrets, secret_kind(), place + ".secrets", targets, report);
  if (service.build) {
    Targets of_build;
    check_grants(draft, service.build->secrets, project.secrets, secret_kind(), place + ".build.secrets",
                 of_build, report);
  }
  for (const auto& [key, model] : service.models)
    check_defined(draft, project.models, {"model", "models", ""}, key, model.mark, place + ".models", report);
}

void check_bytes(const FileObject& object, const Kind& kind, Report& report) {
  const std::string place = kind.section + "." + object.key;
  if (!object.file.empty()) {
    struct stat status {};
    if (stat(object.file.c_str(), &status) != 0)
      // Not an error: a project whose files are gone can still be stopped.
      report.warning(object.source_mark, place + ".file",
                     kind.name + " file '" + object.file + "' does not exist");
    else if (S_ISDIR(status.st_mode))
      report.error(object.source_mark, place + ".file", "'" + object.file + "' is a folder",
                   "a folder is mounted under the service's 'volumes'");
  }
  // Nor is this; who makes a container with it refuses.
  if (!object.environment.empty() && !object.environment_value)
    report.warning(object.source_mark, place + ".environment",
                   "variable '" + object.environment + "' is not set");
}

}  // namespace

void check_resources(const Draft& draft, Report& report) {
  for (const auto& [name, service] : draft.project.services) check_service(draft, service, report);
  if (!draft.project.environment_resolved) return;
  const Used used = used_by(draft.project, draft.wanted);
  const auto check_used = [&](const auto& objects, const std::set<std::string>& keys, const Kind& kind) {
    for (const auto& [key, object] : objects)
      if (keys.count(key) != 0) check_bytes(object, kind, report);
  };
  check_used(draft.project.configs, used.configs, config_kind());
  check_used(draft.project.secrets, used.secrets, secret_kind());
}

}  // namespace parser
