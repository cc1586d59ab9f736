#include "engine/image/image_load.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "compose/cli/arguments.h"
#include "compose/cli/failure.h"
#include "compose/cli/image/subcommands.h"
#include "compose/cli/image_rows.h"
#include "compose/ui/terminal.h"
#include "engine/image/image_event.h"
#include "engine/image/reference.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace compose::cli {
namespace {

std::vector<engine::LoadedImage> load(engine::ImageStore& store, const std::string& input,
                                      const engine::LoadOptions& options) {
  if (input.empty()) return engine::load_images(store, STDIN_FILENO, "from standard input", options);
  struct stat status {};
  if (::stat(input.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
    return engine::load_images_from_folder(store, input, options);
  const sys::Fd file(::open(input.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) throw CommandError("there is no archive " + input);
  sys::check(file.get(), "open", input);
  return engine::load_images(store, file.get(), input, options);
}

std::string report(const engine::LoadedImage& image) {
  std::string text;
  for (const auto& renamed : image.renamed) {
    text += "The image " + engine::parse_reference(renamed.reference).familiar() +
            " already exists, renaming the old one with ID " + renamed.old_id + " to empty string\n";
  }
  for (const std::string& reference : image.references)
    text += "Loaded image: " + engine::parse_reference(reference).familiar() + '\n';
  if (image.references.empty()) text += "Loaded image ID: " + image.id + '\n';
  return text;
}

}  // namespace

int image_load(Context& context, const Words& args) {
  bool quiet = false;
  std::string input, platform;
  Arguments arguments(
      "image load [OPTIONS]",
      "Bring in images from an archive of `image save`, `docker save` or an OCI image layout, "
      "compressed or not.");
  arguments.option("-i,--input", input,
                   "File to read instead of standard input, or the folder of an image layout");
  arguments.option("--platform", platform, "Which of an image's platforms; it must be this machine's");
  arguments.flag("-q,--quiet", quiet, "Only ids of the images");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  check_own_platform(platform);
  if (input.empty() && ui::is_terminal(STDIN_FILENO))
    throw CommandError("no archive: give a file with -i, or redirect the input");

  engine::LoadOptions options;
  options.strict = !platform.empty();
  context.engine().reconcile();
  std::string text;
  for (const auto& image : load(context.engine().image_store(), input, options)) {
    engine::note_image(context.engine().paths(), "load", image.id, "");
    text += quiet ? image.id + '\n' : report(image);
  }
  print(text);
  return 0;
}

}  // namespace compose::cli
