#include <fmt/format.h>

#include <thread>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/observe.h"
#include "compose/cli/selection.h"
#include "compose/cli/session.h"
#include "compose/plan/inventory.h"

namespace compose::cli {
namespace {

struct Waited {
  std::string name, service;
  int exit_code = 0;
  int64_t finished_ms = 0;
  std::exception_ptr failure;
};

// Each container has a thread of its own waiting for it; what is printed comes at the end, in order.
void wait_for_all(engine::Engine& engine, const std::vector<engine::ContainerInfo>& containers,
                  std::vector<Waited>& results) {
  std::vector<std::jthread> threads;
  threads.reserve(containers.size());
  for (size_t i = 0; i < containers.size(); ++i) {
    threads.emplace_back([&engine, &container = containers[i], &result = results[i]] {
      try {
        const engine::Status status =
            engine.watch_container(container.id, -1, [](const engine::Status&) { return true; });
        result.exit_code = status.exit_code;
        result.finished_ms = status.finished_ms;
      } catch (...) {
        result.failure = std::current_exception();
      }
    });
  }
}

int take_down(Context& context, const std::optional<parser::Project>& project, const std::string& name) {
  Session session(context, "wait", name);
  DownOptions options;
  options.remove_orphans = true;
  const parser::Project* known = project ? &*project : nullptr;
  return session.run(plan_down(known, name, observe(context.engine(), name, known), options));
}

}  // namespace

int wait_command(Context& context, const Words& args) {
  bool down_project = false;
  Arguments arguments("wait [OPTIONS] SERVICE...",
                      "Wait until the services' containers have ended; exits with the code of the last.");
  arguments.flag("--down-project", down_project, "Then take the project down");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be done, and do nothing");
  arguments.positionals(1, -1, "SERVICE");
  const Words services = arguments.parse(args);
  // The project is known before the waiting: what it says may have changed by the time it is over.
  std::optional<parser::Project> project;
  if (down_project) project = context.load_if_there();
  const std::string name = project ? project->name : context.project_name();
  const auto containers = replicas(context, name, services);
  if (project) check_folder(*project, context.engine().containers(name));
  if (containers.empty()) throw CommandError("no containers for project \"" + name + "\"");

  if (context.globals().dry_run) {
    for (const auto& container : containers) print("Wait for Container " + container.name + ": asked for\n");
    return down_project ? take_down(context, project, name) : kExitOk;
  }
  std::vector<Waited> results(containers.size());
  for (size_t i = 0; i < containers.size(); ++i) results[i].name = containers[i].name;
  wait_for_all(context.engine(), containers, results);

  const Waited* last = &results.front();
  for (const Waited& result : results) {
    if (result.failure) std::rethrow_exception(result.failure);
    print(fmt::format("container \"{}\" exited with status code {}\n", result.name, result.exit_code));
    if (result.finished_ms >= last->finished_ms) last = &result;
  }
  if (down_project) {
    const int code = take_down(context, project, name);
    if (code != kExitOk) return code;
  }
  return last->exit_code;
}

}  // namespace compose::cli
