#include "compose/cli/arguments.h"
#include "compose/cli/image/subcommands.h"
#include "compose/cli/image_rows.h"

namespace compose::cli {

int image_import(Context& context, const Words& args) {
  engine::ImportRequest request;
  std::string platform;
  Arguments arguments("image import [OPTIONS] FILE|URL|- [REFERENCE]",
                      "Make an image from an archive of a root file system: a file, one that http or https "
                      "fetches, or standard input (-).");
  arguments.list("-c,--change", request.changes,
                 "Dockerfile instruction to apply: 'CMD [\"sh\"]' (repeatable)");
  arguments.option("-m,--message", request.message, "Comment for the image's history");
  arguments.option("--platform", platform, "What the archive is for; it must be this machine's");
  arguments.positionals(1, 2, "FILE, URL or - and REFERENCE");
  const Words words = arguments.parse(args);
  check_own_platform(platform);
  request.archive = words[0] == "-" ? "/dev/stdin" : words[0];
  request.origin = words[0] == "-" ? "-" : "";
  if (words.size() > 1) request.reference = words[1];
  print(context.engine().import_image(request).id + '\n');
  return 0;
}

}  // namespace compose::cli
