// container update: limits and restart policy of containers that exist.
#include <deque>

#include "compose/cli/arguments.h"
#include "compose/cli/container.h"
#include "compose/cli/container/flag_forms.h"
#include "compose/cli/container/subcommands.h"
#include "compose/cli/failure.h"
#include "compose/plan/planner.h"
#include "engine/life.h"

namespace compose::cli {
namespace {

using engine::ContainerConfig;
using engine::ContainerLimits;
using engine::Resources;

using Take = void(ContainerLimits& limits, const ContainerConfig& given);

struct Row {
  const char* names;
  const char* attribute;
  Take* take;
  const char* help;
};

template <auto Member>
void resource(ContainerLimits& limits, const ContainerConfig& given) {
  limits.resources.*Member = given.resources.*Member;
}

// A number of processors and a quota are two words for one thing: the last one given holds.
template <auto Member>
void quota(ContainerLimits& limits, const ContainerConfig& given) {
  resource<Member>(limits, given);
  limits.resources.cpus = 0;
}
void cpus(ContainerLimits& limits, const ContainerConfig& given) {
  resource<&Resources::cpus>(limits, given);
  limits.resources.cpu_quota = limits.resources.cpu_period = 0;
}

void pids(ContainerLimits& limits, const ContainerConfig& given) {
  const int64_t most = given.resources.pids;
  limits.resources.pids = most == 0 ? -1 : most;
}

void restart(ContainerLimits& limits, const ContainerConfig& given) {
  limits.restart = given.restart;
  limits.restart_max = given.restart_max;
}

constexpr Row kRows[] = {
    // clang-format off
    {"--blkio-weight", "blkio_config/weight", resource<&Resources::blkio_weight>, "Share of the block devices, 10 to 1000"},
    {"--cpu-period", "cpu_period", quota<&Resources::cpu_period>, "Microseconds that --cpu-quota is for"},
    {"--cpu-quota", "cpu_quota", quota<&Resources::cpu_quota>, "Microseconds of a processor in each period"},
    {"-c,--cpu-shares", "cpu_shares", resource<&Resources::cpu_shares>, "Share of the processors beside others; 1024 is usual"},
    {"--cpus", "cpus", cpus, "Number of processors: 1.5"},
    {"--cpuset-cpus", "cpuset", resource<&Resources::cpuset>, "Processors to run on: 0-2,4"},
    {"-m,--memory", "mem_limit", resource<&Resources::memory>, "Memory it may use: 200m"},
    {"--memory-reservation", "mem_reservation", resource<&Resources::memory_reservation>, "Memory to be left to it when there is little"},
    {"--memory-swap", "memswap_limit", resource<&Resources::memory_swap>, "Memory and swap together; -1: no limit"},
    {"--pids-limit", "pids_limit", pids, "Processes it may have; -1: no limit"},
    {"--restart", "restart", restart, "no, on-failure[:TIMES], always or unless-stopped"},
    // clang-format on
};

std::string long_name(const std::string& names) {
  return names.substr(names.find("--"));
}

}  // namespace

int container_update(Context& context, const Words& args) {
  Arguments arguments("container update [OPTIONS] CONTAINER...",
                      "Change the limits and the restart policy of containers, at once where they run.");
  std::deque<std::optional<std::string>> given(std::size(kRows));
  for (size_t i = 0; i < std::size(kRows); ++i) arguments.option(kRows[i].names, given[i], kRows[i].help);
  for (const char* name : {"--cpu-rt-period", "--cpu-rt-runtime", "--cpuset-mems", "--kernel-memory"})
    arguments.refuse_option(name);
  arguments.positionals(1, -1, "CONTAINER");
  const Words names = arguments.parse(args);

  parser::FlagDocument document;
  document.text("image", "", "unknown");  // what is changed is the same whatever it runs
  std::vector<const Row*> rows;
  for (size_t i = 0; i < std::size(kRows); ++i) {
    if (!given[i]) continue;
    document.text(kRows[i].attribute, long_name(kRows[i].names), *given[i]);
    rows.push_back(&kRows[i]);
  }
  if (rows.empty()) throw UsageError("container update needs what to change: --memory, --restart, ...");
  const parser::LoadOptions here = context.load_options();
  document.complete(here.environment, here.working_directory);
  const ContainerConfig wanted = container_config(
      {}, document.service(here.environment, here.working_directory), 1, "update", "unknown");
  return for_each_container(
      context, "update", names, Pace::kInTurn, [&](const engine::ContainerInfo& container) {
        engine::container_life(context.engine()).update(container.id, [&](ContainerLimits& limits) {
          for (const Row* row : rows) row->take(limits, wanted);
        });
      });
}

}  // namespace compose::cli
