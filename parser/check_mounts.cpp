#include "parser/check.h"

namespace parser {

void check_mounts(const Draft& draft, const ServiceDraft& service, Report& report) {
  std::map<std::string, Mark> targets;
  for (const VolumeMount& mount : service.service.volumes) {
    const std::string place = "services." + service.service.name + ".volumes";
    if (mount.type == VolumeMount::Type::kVolume && !mount.source.empty() && !draft.damaged &&
        draft.project.volumes.count(mount.source) == 0) {
      const std::vector<std::string> known = keys(draft.project.volumes);
      std::string hint = undefined_hint(mount.source, known, "volumes");
      if (mount.source.find('/') != std::string::npos) hint = "a path on the host starts with './' or '/'";
      report.error(mount.mark, place, "volume '" + mount.source + "' is not defined", hint);
    }
    if (mount.target.empty()) continue;
    const auto [first, fresh] = targets.emplace(mount.target, mount.mark);
    if (!fresh)
      report.error(
          mount.mark, place,
          "'" + mount.target + "' is mounted twice, first in line " + std::to_string(first->second.line));
  }
}

}  // namespace parser
