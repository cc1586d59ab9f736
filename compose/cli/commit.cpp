#include "compose/cli/arguments.h"
#include "compose/cli/container.h"
#include "compose/cli/selection.h"
#include "compose/cli/session.h"
#include "compose/plan/inventory.h"
#include "compose/plan/labels.h"

namespace compose::cli {
namespace {

void request_flags(Arguments& arguments, engine::CommitRequest& request) {
  arguments.option("-a,--author", request.author, "Who made it: \"Ada <ada@example.org>\"");
  arguments.list("-c,--change", request.changes,
                 "Dockerfile instruction to apply: 'CMD [\"sh\"]' (repeatable)");
  arguments.option("-m,--message", request.comment, "What it is about");
  arguments.flag("-p,--pause", request.pause, "Pause the container meanwhile (the default)");
}

int commit(Context& context, const engine::ContainerInfo& container, engine::CommitRequest& request) {
  if (context.globals().dry_run) {
    print("Commit Container " + container.name +
          (request.reference.empty() ? "" : " as " + request.reference) +
          (request.pause && is_up(container) ? ": paused meanwhile\n" : ": asked for\n"));
    return kExitOk;
  }
  context.engine().reconcile();
  const Signals signals;
  request.cancelled = [&] { return signals.first().cancelled(); };
  // The description that a container is compared with by `up` is of no use in an image, and large.
  request.dropped_labels = {label::kConfig};
  try {
    print(context.engine().commit_container(container.id, request) + '\n');
  } catch (const engine::Error&) {
    if (signals.first().cancelled()) return kExitCancelled;
    throw;
  }
  return kExitOk;
}

std::string reference_of(const Words& words) {
  return words.size() > 1 ? words[1] : "";
}

}  // namespace

int commit_command(Context& context, const Words& args) {
  engine::CommitRequest request;
  std::optional<int64_t> index;
  Arguments arguments("commit [OPTIONS] SERVICE [REPOSITORY[:TAG]]",
                      "Make an image from what a service's container changed.");
  request_flags(arguments, request);
  arguments.flag("--dry-run", context.dry_run(), "Print what would be made, and do nothing");
  arguments.option("--index", index, "Number of the container");
  arguments.positionals(1, 2, "SERVICE and at most one REPOSITORY[:TAG]");
  const Words words = arguments.parse(args);
  request.reference = reference_of(words);
  return commit(context, replica(context, context.project_name(), words.front(), index), request);
}

int container_commit(Context& context, const Words& args) {
  engine::CommitRequest request;
  Arguments arguments("container commit [OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
                      "Make an image from what a container changed.");
  request_flags(arguments, request);
  bool no_pause = false;
  arguments.flag("--no-pause", no_pause, "Let it go on meanwhile, as --pause=false");
  arguments.positionals(1, 2, "CONTAINER and at most one REPOSITORY[:TAG]");
  const Words words = arguments.parse(args);
  if (no_pause) request.pause = false;
  request.reference = reference_of(words);
  return commit(context, named_container(context, words.front()), request);
}

}  // namespace compose::cli
