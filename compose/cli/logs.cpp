#include <unistd.h>

#include "compose/cli/arguments.h"
#include "compose/cli/container.h"
#include "compose/cli/failure.h"
#include "compose/cli/log_follow.h"
#include "compose/cli/moment_flag.h"
#include "compose/cli/selection.h"
#include "compose/cli/signals.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"

namespace compose::cli {
namespace {

std::optional<size_t> tail_count(const std::string& text) {
  if (text.empty() || text == "all") return std::nullopt;
  const int64_t count = whole_number(text, "--tail");
  if (count < 0) return std::nullopt;  // docker: any negative number is all
  return static_cast<size_t>(count);
}

// What both commands ask for.
struct Flags {
  bool follow = false, timestamps = false;
  std::string since, until, tail;

  void declare(Arguments& arguments) {
    arguments.flag("-f,--follow", follow, "Go on with what comes, through restarts and new containers");
    arguments.option("-n,--tail", tail, "Last lines of each container only (all)");
    arguments.flag("-t,--timestamps", timestamps, "Show times");
    arguments.option("--since", since, "From this time on: 2026-01-31T12:00:00Z, or an age as 10m");
    arguments.option("--until", until, "Up to this time");
  }
  FollowOptions options() const {
    FollowOptions options;
    options.since = parse_moment_flag(since, "--since");
    options.until = parse_moment_flag(until, "--until");
    options.tail = tail_count(tail);
    return options;
  }
};

int show(Context& context, const FollowOptions& options, bool follow, ui::LogPrinter& printer) {
  LogFollow logs(context.engine(), options, printer);
  if (!follow) {
    logs.print_present();
    return 0;
  }
  const Signals signals;
  logs.complete();
  logs.follow(signals.first(), nullptr);
  return signals.first().cancelled() ? 130 : 0;
}

}  // namespace

int logs_command(Context& context, const Words& args) {
  Flags flags;
  bool no_colour = false, no_prefix = false;
  std::optional<int64_t> index;
  Arguments arguments("logs [OPTIONS] [SERVICE...]", "Show what containers wrote, in time order.");
  flags.declare(arguments);
  arguments.option("--index", index, "Only the container with this number");
  arguments.flag("--no-color", no_colour, "Without colours");
  arguments.flag("--no-log-prefix", no_prefix, "Without the containers' names");
  const Words services = arguments.parse(args);

  FollowOptions options = flags.options();
  options.project = context.project_name();
  if (!services.empty()) replicas(context, options.project, services);  // throws for an unknown one
  options.watched = [&](const engine::ContainerInfo& container) {
    if (is_one_off(container) || (index && *index > 0 && number_of(container) != *index)) return false;
    return services.empty() ||
           std::find(services.begin(), services.end(), service_of(container)) != services.end();
  };
  // As docker compose: what was written to either stream comes on ours. News of the containers stay out of
  // it.
  ui::LogPrinter printer({!no_prefix, flags.timestamps, !no_colour && context.colour(STDOUT_FILENO)},
                         {STDOUT_FILENO, STDOUT_FILENO, STDERR_FILENO});
  return show(context, options, flags.follow, printer);
}

int container_logs(Context& context, const Words& args) {
  Flags flags;
  Arguments arguments("container logs [OPTIONS] CONTAINER", "Show what a container wrote.");
  flags.declare(arguments);
  arguments.refuse_flag("--details");
  arguments.positionals(1, 1, "CONTAINER");
  const engine::ContainerInfo container = named_container(context, arguments.parse(args).front());

  if (container.log_driver == "none")
    throw CommandError("container " + container.name +
                       ": configured logging driver does not support reading: none");

  FollowOptions options = flags.options();
  options.project = label_of(container.labels, label::kProject);
  options.watched = [&](const engine::ContainerInfo& other) { return other.id == container.id; };
  ui::LogPrinter printer({false, flags.timestamps, false}, {STDOUT_FILENO, STDERR_FILENO, STDERR_FILENO});
  return show(context, options, flags.follow, printer);
}

}  // namespace compose::cli
