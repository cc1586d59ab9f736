#include "compose/cli/wait_ready.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "compose/execute/wait_condition.h"
#include "compose/plan/inventory.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace compose::cli {
namespace {

bool others_need_completed(const parser::Project* project,
                           const std::vector<engine::ContainerInfo>& containers, const std::string& service) {
  if (project != nullptr) {
    for (const auto& [name, other] : project->services) {
      const auto needs = other.depends_on.find(service);
      if (needs != other.depends_on.end() &&
          needs->second.condition == parser::Dependency::Condition::kCompletedSuccessfully)
        return true;
    }
    return false;
  }
  const std::string mark = service + ":service_completed_successfully:";
  return std::any_of(containers.begin(), containers.end(), [&](const auto& container) {
    const auto label = container.labels.find("com.docker.compose.depends_on");
    return label != container.labels.end() && (',' + label->second).find(',' + mark) != std::string::npos;
  });
}

// Cancels when `outer` is cancelled or the time is over, whichever comes first.
class Deadline {
 public:
  Deadline(const Cancellation& outer, int64_t milliseconds)
      : stop_(sys::check(::eventfd(0, EFD_CLOEXEC), "eventfd")), thread_([this, &outer, milliseconds] {
          pollfd fds[] = {{outer.fd(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
          const int ready = ::poll(fds, 2, static_cast<int>(std::min<int64_t>(milliseconds, 1 << 30)));
          if (ready > 0 && fds[1].revents != 0) return;
          passed_ = ready == 0;
          cancellation.cancel();
        }) {}
  ~Deadline() { finish(); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  // Ends the watch; true when the time was over.
  bool finish() {
    if (thread_.joinable()) {
      const uint64_t one = 1;
      sys::write_all(stop_.get(), &one, sizeof one);
      thread_.join();
    }
    return passed_;
  }

 private:
  sys::Fd stop_;
  bool passed_ = false;

 public:
  Cancellation cancellation;

 private:
  std::thread thread_;  // last: everything it uses is there before it begins
};

// ": container demo-db-1 is starting, container demo-web-1 is restarting".
std::string unready(const Plan& plan, engine::Engine& engine) {
  std::string text;
  for (const Step& step : plan.steps)
    if (const auto* wait = std::get_if<WaitFor>(&step.action))
      for (const std::string& what : what_is_unready(*wait, engine))
        text += (text.empty() ? ": " : ", ") + what;
  return text;
}

}  // namespace

Plan wait_plan(const parser::Project* project, const Observed& observed,
               const std::vector<std::string>& services) {
  struct Group {
    std::vector<std::string> names;
    bool health = false;
  };
  std::map<std::string, Group> groups;
  for (const auto& container : observed.containers) {
    const std::string service = service_of(container);
    if (is_one_off(container) || is_set_aside(container) || service.empty()) continue;
    if (project != nullptr && project->services.count(service) == 0) continue;
    if (!services.empty() && std::find(services.begin(), services.end(), service) == services.end()) continue;
    Group& group = groups[service];
    group.names.push_back(container.name);
    group.health = group.health || container.status.health != engine::Health::kNone;
  }
  Plan plan;
  for (const auto& [service, group] : groups) {
    WaitFor wait;
    wait.service = service;
    wait.containers = group.names;
    wait.condition = others_need_completed(project, observed.containers, service)
                         ? WaitFor::Condition::kCompletedSuccessfully
                     : group.health ? WaitFor::Condition::kHealthy
                                    : WaitFor::Condition::kRunning;
    Step step;
    step.id = static_cast<int>(plan.steps.size());
    step.resource = group.names.size() == 1 ? "Container " + group.names.front() : "Service " + service;
    step.action = std::move(wait);
    step.reason = "--wait";
    plan.steps.push_back(std::move(step));
  }
  return plan;
}

int wait_ready(Context& context, Session& session, const Plan& plan, std::optional<int64_t> limit_s) {
  if (!limit_s || *limit_s <= 0) return session.run(plan);
  Deadline deadline(session.signals().first(), *limit_s * 1000);
  const int code = session.run(plan, context.progress(), deadline.cancellation);
  if (!deadline.finish() || code != kExitCancelled) return code;
  context.progress().finish();
  context.show_error(
      fmt::format("application not healthy after {}s{}", *limit_s, unready(plan, context.engine())));
  return kExitError;
}

}  // namespace compose::cli
