#include <algorithm>
#include <nlohmann/json.hpp>

#include "compose/cli/arguments.h"
#include "compose/cli/failure.h"
#include "compose/cli/image_commands.h"
#include "compose/cli/image_rows.h"
#include "compose/cli/output_format.h"
#include "compose/cli/subcommands.h"
#include "compose/ui/format.h"
#include "compose/ui/table.h"
#include "compose/ui/timestamp.h"

namespace compose::cli {
namespace {

std::string json_line(const engine::ImageInfo& image, const std::string& reference, int64_t now) {
  const auto [repository, tag] = repository_and_tag(reference);
  return nlohmann::ordered_json{{"Repository", repository},
                                {"Tag", tag},
                                {"ID", image.id},
                                {"CreatedAt", ui::to_created_at(image.created_ms)},
                                {"CreatedSince", ui::human_duration(now - image.created_ms) + " ago"},
                                {"Size", ui::human_size(image.size)}}
             .dump() +
         '\n';
}

int image_ls(Context& context, const Words& args) {
  bool quiet = false;
  std::string format;
  Arguments arguments("image ls [OPTIONS]", "List the images of the store.");
  arguments.option("--format", format, "table or json (a line per image)");
  arguments.flag("-q,--quiet", quiet, "Only ids");
  arguments.positionals(0, 0, "");
  arguments.parse(args);
  check_format(format);

  auto images = context.engine().images();
  std::stable_sort(images.begin(), images.end(),
                   [](const auto& a, const auto& b) { return a.created_ms > b.created_ms; });
  const int64_t now = ui::now_ms();
  ui::Table table({"REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"});
  std::string lines;
  for (const auto& image : images) {
    if (quiet) lines += ui::short_id(image.id) + '\n';
    const std::vector<std::string> unnamed{""};
    for (const std::string& reference : image.references.empty() ? unnamed : image.references) {
      const auto [repository, tag] = repository_and_tag(reference);
      table.add({repository, tag, ui::short_id(image.id), ui::human_duration(now - image.created_ms) + " ago",
                 ui::human_size(image.size)});
      if (format == "json" && !quiet) lines += json_line(image, reference, now);
    }
  }
  print(quiet || format == "json" ? lines : table.to_string());
  return 0;
}

int image_import(Context& context, const Words& args) {
  std::vector<std::string> changes;
  Arguments arguments("image import [OPTIONS] FILE|- REFERENCE",
                      "Make an image from an archive of a root file system (- is standard input).");
  arguments.list("-c,--change", changes, "Dockerfile instruction to apply: 'CMD [\"sh\"]' (repeatable)");
  arguments.positionals(2, 2, "FILE and REFERENCE");
  const Words words = arguments.parse(args);
  const std::string archive = words[0] == "-" ? "/dev/stdin" : words[0];
  const engine::ImageInfo image = context.engine().import_image(archive, words[1], changes);
  print(image.id + '\n');
  return 0;
}

int image_rm(Context& context, const Words& args) {
  bool force = false;
  Arguments arguments("image rm [OPTIONS] IMAGE...", "Remove images, by reference or id.");
  arguments.flag("-f,--force", force, "Take the names away even if containers use the image; it stays then");
  arguments.positionals(1, -1, "IMAGE");
  int code = 0;
  for (const std::string& reference : arguments.parse(args)) {
    try {
      for (const std::string& line : context.engine().remove_image(reference, force)) print(line + '\n');
    } catch (const engine::Error& error) {  // the others are still removed
      context.show_error(error.what());
      code = 1;
    }
  }
  return code;
}

}  // namespace

int image_command(Context& context, const Words& args) {
  return run_subcommand(context, "image",
                        {{"ls", image_ls, "List the images of the store"},
                         {"import", image_import, "Make an image from an archive"},
                         {"pull", image_pull, "Fetch an image from its registry"},
                         {"push", image_push, "Send an image to its registry"},
                         {"rm", image_rm, "Remove images"}},
                        args);
}

}  // namespace compose::cli
