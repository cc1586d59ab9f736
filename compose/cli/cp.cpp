#include <fcntl.h>
#include <unistd.h>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/copy_words.h"
#include "compose/cli/failure.h"
#include "compose/cli/selection.h"
#include "compose/cli/session.h"
#include "sys/error.h"

namespace compose::cli {
namespace {

using Containers = std::vector<engine::ContainerInfo>;

struct Choice {
  std::optional<int64_t> index;
  bool one_offs = false;
};

// Into a service: into each of its containers. Out of one: from the first.
Containers containers_meant(Context& context, const CopyWords& words, const Choice& choice) {
  const std::string project = context.project_name();
  if (choice.index && *choice.index > 0) return {replica(context, project, words.owner, choice.index)};
  Containers found = choice.one_offs ? replicas_and_one_offs(context, project, {words.owner})
                                     : replicas(context, project, {words.owner});
  if (found.empty()) throw CommandError("no container found for service \"" + words.owner + "\"");
  if (!words.into) found.resize(1);
  return found;
}

// The archive of standard input is to be read once for each container.
sys::Fd keep_input() {
  sys::Fd file = sys::open("/var/tmp", O_TMPFILE | O_RDWR, 0600);
  std::vector<char> buffer(1 << 18);
  for (;;) {
    const ssize_t n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (sys::check(n, "read", "standard input") == 0) return file;
    sys::write_all(file.get(), buffer.data(), static_cast<size_t>(n));
  }
}

}  // namespace

int cp_command(Context& context, const Words& args) {
  Choice choice;
  bool archive = false, follow_link = false;
  Arguments arguments("cp [OPTIONS] SERVICE:SRC_PATH DEST_PATH|- | SRC_PATH|- SERVICE:DEST_PATH",
                      "Copy files between a service's containers and here; - is a tar archive.");
  arguments.flag("--all", choice.one_offs, "Include containers that `run` made");
  arguments.flag("-a,--archive", archive, "Keep owners and groups");
  arguments.flag("--dry-run", context.dry_run(), "Print what would be copied, and do nothing");
  arguments.flag("-L,--follow-link", follow_link, "Copy what a link in SRC_PATH leads to, not the link");
  arguments.option("--index", choice.index, "Number of the container");
  arguments.positionals(2, 2, "SOURCE and DESTINATION");
  const Words both = arguments.parse(args);
  CopyWords words = parse_copy_words(both[0], both[1], "service");
  words.copy.archive = archive;
  words.copy.follow_link = follow_link;

  const Containers containers = containers_meant(context, words, choice);
  sys::Fd kept;
  if (words.into && words.copy.stream >= 0 && containers.size() > 1 && !context.globals().dry_run) {
    kept = keep_input();
    words.copy.stream = kept.get();
  }
  for (const engine::ContainerInfo& container : containers) {
    const auto [from, to] = copy_ends(words, container.name);
    if (context.globals().dry_run) {
      print("copy " + from + " to " + to + '\n');
      continue;
    }
    if (kept) sys::check(::lseek(kept.get(), 0, SEEK_SET), "lseek");
    copy_files(context, words, container.id);
    context.progress().note(container.name + " copy " + from + " to " + to, "Copied");
  }
  return kExitOk;
}

}  // namespace compose::cli
