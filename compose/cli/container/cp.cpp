#include "compose/cli/arguments.h"
#include "compose/cli/container.h"
#include "compose/cli/container/subcommands.h"
#include "compose/cli/copy_words.h"
#include "compose/cli/session.h"
#include "compose/ui/format.h"

namespace compose::cli {

int container_cp(Context& context, const Words& args) {
  bool archive = false, follow_link = false, quiet = false;
  Arguments arguments(
      "container cp [OPTIONS] CONTAINER:SRC_PATH DEST_PATH|- | SRC_PATH|- CONTAINER:DEST_PATH",
      "Copy files between a container and here; - is a tar archive.");
  arguments.flag("-a,--archive", archive, "Keep owners and groups");
  arguments.flag("-L,--follow-link", follow_link, "Copy what a link in SRC_PATH leads to, not the link");
  arguments.flag("-q,--quiet", quiet, "Do not tell that it was copied");
  arguments.positionals(2, 2, "SOURCE and DESTINATION");
  const Words both = arguments.parse(args);
  CopyWords words = parse_copy_words(both[0], both[1], "container");
  words.copy.archive = archive;
  words.copy.follow_link = follow_link;
  const engine::ContainerInfo container = named_container(context, words.owner);
  const engine::CopyResult result = copy_files(context, words, container.id);
  if (!quiet && words.copy.stream < 0)
    tell("Successfully copied " + ui::human_size(result.bytes) + " to " + both[1] + '\n');
  return kExitOk;
}

}  // namespace compose::cli
