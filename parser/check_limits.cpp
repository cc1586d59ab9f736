// Limits that contradict each other. Source: Docker Engine manual, "Runtime constraints on resources".
#include "parser/check.h"

namespace parser {

void check_limits(const ServiceDraft& draft, Report& report) {
  const Service& service = draft.service;
  const std::string place = "services." + service.name;
  const auto error = [&](const char* name, const std::string& message, const std::string& hint = "") {
    if (const auto mark = draft.marks.find(name); mark != draft.marks.end())
      report.error(mark->second, place, message, hint);
  };
  if (service.limits.cpus != 0)
    for (const char* name : {"cpu_quota", "cpu_period"})
      error(name, "'" + std::string(name) + "' and a limit of cpus exclude each other",
            "'cpus' alone says how much");
  if (service.cpu_rt_period != 0 && service.cpu_rt_runtime > service.cpu_rt_period)
    error("cpu_rt_runtime", "'cpu_rt_runtime' is above 'cpu_rt_period'");
  if (service.memswap_limit > 0) {
    if (service.limits.memory == 0)
      error("memswap_limit", "'memswap_limit' without a limit of memory", "give 'mem_limit' as well");
    else if (service.memswap_limit < service.limits.memory)
      error("memswap_limit", "'memswap_limit' is below the memory limit of the service",
            "it is memory and swap together");
  }
  if (service.oom_kill_disable && service.limits.memory == 0)
    report.warning(draft.marks.at("oom_kill_disable"), place,
                   "'oom_kill_disable' without a limit of memory endangers the host",
                   "give 'mem_limit' as well");
}

}  // namespace parser
