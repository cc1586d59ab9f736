#include "compose/cli/arguments.h"
#include "compose/cli/failure.h"
#include "compose/cli/image/subcommands.h"
#include "engine/image/image_store.h"
#include "engine/image/reference.h"

namespace compose::cli {

int image_tag(Context& context, const Words& args) {
  Arguments arguments("image tag SOURCE TARGET",
                      "Give an image one more name. A name that another image has moves over.");
  arguments.positionals(2, 2, "SOURCE and TARGET");
  const Words words = arguments.parse(args);
  if (!engine::parse_reference(words[1]).digest.empty())
    throw CommandError("cannot tag as " + words[1] + ": a digest says by itself what it names; give a tag");
  engine::ImageStore& store = context.engine().image_store();
  const auto image = store.find(words[0]);
  if (!image) throw CommandError("no such image: " + words[0]);
  store.tag(image->id, words[1]);
  return 0;
}

}  // namespace compose::cli
