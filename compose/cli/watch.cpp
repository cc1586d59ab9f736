#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "compose/cli/arguments.h"
#include "compose/cli/bring_images.h"
#include "compose/cli/bundled_images.h"
#include "compose/cli/commands.h"
#include "compose/cli/observe.h"
#include "compose/cli/output.h"
#include "compose/cli/planned_files.h"
#include "compose/cli/remote_consent.h"
#include "compose/cli/selection.h"
#include "compose/cli/session.h"
#include "compose/cli/watch_rules.h"
#include "compose/cli/watcher.h"
#include "compose/plan/support.h"
#include "sys/error.h"

namespace compose::cli {
namespace {

struct Flags {
  bool no_up = false, prune = true, quiet = false;
  std::vector<std::string> services;
};

const char* name_of(watch::Action action) {
  switch (action) {
    case watch::Action::kRebuild:
      return "rebuild";
    case watch::Action::kRestart:
      return "restart";
    case watch::Action::kSyncAndRestart:
      return "sync+restart";
    case watch::Action::kSyncAndExec:
      return "sync+exec";
    case watch::Action::kSync:
      break;
  }
  return "sync";
}

void print_rules(const std::vector<watch::Rule>& rules) {
  std::string text;
  for (const watch::Rule& rule : rules) {
    text += "watch " + rule.path() + ": " + name_of(rule.action()) + " service \"" + rule.service() + "\"";
    if (syncs(rule.action())) text += " at " + rule.target();
    text += '\n';
  }
  print(text);
}

// Services that are built are built anew, so that what has changed since is in them.
int start_services(Context& context, Session& session, parser::Project& project, const Flags& flags,
                   const std::set<std::string>& meant) {
  for (auto& [name, service] : project.services)
    if (service.build && service.develop && meant.contains(name)) service.pull_policy = "build";
  Observed observed = observe(context.engine(), project.name, &project);
  ImageWish images;
  images.services = flags.services;
  if (const int code = bring_images(context, session, project, images, observed); code != kExitOk)
    return code;
  UpOptions up;
  up.services = flags.services;
  up.ignore_orphans = context.variable_is_true("COMPOSE_IGNORE_ORPHANS");
  return session.run(plan_up(project, observed, up));
}

// Until a signal comes, or the watcher gives up.
int watch_until_signal(Context& context, Session& session, const parser::Project& project,
                       std::vector<watch::Rule> rules, const Flags& flags) {
  const sys::Fd over(sys::check(::eventfd(0, EFD_CLOEXEC), "eventfd"));
  WatchOptions options;
  options.prune = flags.prune;
  options.ended = [&over] {
    const uint64_t one = 1;
    sys::write_all(over.get(), &one, sizeof one);
  };
  {
    const Watcher watcher(context, project, std::move(rules), std::move(options));
    pollfd fds[] = {{session.signals().first().fd(), POLLIN, 0}, {over.get(), POLLIN, 0}};
    while (::poll(fds, 2, -1) < 0 && errno == EINTR) continue;
    if (fds[0].revents == 0) return kExitError;
  }
  write_output(STDOUT_FILENO, kWatchDisabled);
  return kExitCancelled;
}

}  // namespace

int watch_command(Context& context, const Words& args) {
  Flags flags;
  Arguments arguments("watch [OPTIONS] [SERVICE...]",
                      "Watch the files that develop.watch of services names, and bring them into the "
                      "containers, rebuild or restart when they change.");
  arguments.flag("--no-up", flags.no_up, "Do not build and start services before");
  arguments.flag("--prune", flags.prune,
                 "Remove images that rebuilding leaves without a name (default true)");
  arguments.flag("--quiet", flags.quiet, "Do not show build output");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be started and watched, and do nothing");
  flags.services = arguments.parse(args);
  context.show_builds(!flags.quiet);
  context.show_layers(!flags.quiet);

  parser::Project project = load_bundled(context, flags.services);
  const std::set<std::string> meant = services_meant(project, flags.services, true);
  require_supported(context.document().root, project, meant, Purpose::kRun);
  std::vector<watch::Rule> rules = watch_rules(context, project, meant);
  read_planned_files(project, meant);
  agree_to_remote(context, project, false);
  Session session(context, "watch", project.name);
  if (!flags.no_up) {
    if (const int code = start_services(context, session, project, flags, meant); code != kExitOk)
      return code;
  }
  if (context.globals().dry_run) {
    print_rules(rules);
    return kExitOk;
  }
  context.progress().finish();
  session.drop_lock();
  return watch_until_signal(context, session, project, std::move(rules), flags);
}

}  // namespace compose::cli
