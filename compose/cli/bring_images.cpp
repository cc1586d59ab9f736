#include "compose/cli/bring_images.h"

#include <set>

#include "compose/cli/build_inputs.h"
#include "compose/cli/failure.h"
#include "compose/cli/observe.h"
#include "compose/plan/pull_plan.h"
#include "compose/ui/timestamp.h"
#include "sys/late_library.h"

namespace compose::cli {
namespace {

int run_and_observe(Context& context, Session& session, const parser::Project& project, const Plan& plan,
                    Observed& observed) {
  if (!plan.empty() && !context.globals().dry_run) sys::want_libraries();
  if (const int code = session.run(plan); code != kExitOk || plan.empty()) return code;
  if (context.globals().dry_run) {
    assume_images(observed, plan);
  } else {
    observed = observe(context.engine(), project.name, &project);
  }
  return kExitOk;
}

}  // namespace

void check_pull_policy(const std::string& policy) {
  static const std::set<std::string> kKnown{"", "always", "missing", "if_not_present", "never", "build"};
  if (kKnown.count(policy) == 0)
    throw CommandError("invalid --pull '" + policy + "': it must be always, missing, never or build");
}

int bring_images(Context& context, Session& session, const parser::Project& project, const ImageWish& wish,
                 Observed& observed) {
  PullOptions pulls;
  pulls.services = wish.services;
  pulls.with_dependencies = wish.dependencies;
  pulls.policy = wish.pull;
  pulls.build_all = wish.build;
  pulls.forbid_builds = wish.no_build;
  pulls.now_ms = ui::now_ms();
  const Plan fetches = plan_pulls(project, observed, pulls);
  if (const int code = run_and_observe(context, session, project, fetches, observed); code != kExitOk)
    return code;

  BuildOptions builds;
  builds.pull_policy = wish.pull;
  builds.services = wish.services;
  builds.build_all = wish.build;
  builds.forbid = wish.no_build;
  builds.with_dependencies = wish.dependencies;
  const Plan images = plan_images(project, observed, builds);
  require_build_inputs(project, images);
  return run_and_observe(context, session, project, images, observed);
}

}  // namespace compose::cli
