#include <fmt/format.h>

#include <set>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/file_digests.h"
#include "compose/cli/image_digests.h"
#include "compose/cli/output_file.h"
#include "compose/cli/seccomp_profiles.h"
#include "compose/cli/selection.h"
#include "compose/plan/planner.h"
#include "compose/ui/table.h"
#include "parser/profiles.h"
#include "parser/variables.h"
#include "sys/error.h"
#include "sys/file.h"

namespace compose::cli {
namespace {

struct Flags {
  bool environment = false, images = false, models = false, networks = false, profiles = false,
       services = false, variables = false, volumes = false;
  bool quiet = false;
  bool no_consistency = false, no_env_resolution = false, no_interpolate = false, no_normalize = false,
       no_path_resolution = false;
  bool resolve_digests = false, lock_digests = false;
  std::string format, hash, output;
};

// Only the named services, what they need, and what those use.
void restrict_to(parser::Project& project, const Words& services) {
  if (services.empty()) return;
  const std::set<std::string> kept = services_meant(project, services, true);
  std::erase_if(project.services, [&](const auto& entry) { return kept.count(entry.first) == 0; });
  parser::drop_unused(project);
}

template <typename Map>
std::string keys(const Map& map) {
  std::string text;
  for (const auto& [key, ignored] : map) text += key + '\n';
  return text;
}

std::string profiles(const parser::Project& project) {
  std::set<std::string> all;
  for (const auto* services : {&project.services, &project.disabled_services}) {
    for (const auto& [name, service] : *services)
      all.insert(service.profiles.begin(), service.profiles.end());
  }
  std::string text;
  for (const std::string& profile : all) text += profile + '\n';
  return text;
}

std::string images(const parser::Project& project) {
  std::set<std::string> all;
  for (const auto& [name, service] : project.services) all.insert(image_of(project, service));
  std::string text;
  for (const std::string& image : all) text += image + '\n';
  return text;
}

// "*" is every service, else a comma list.
std::string hashes(parser::Project project, const std::string& wanted) {
  std::string text;
  std::set<std::string> names;
  for (size_t at = 0; at <= wanted.size() && wanted != "*";) {
    const size_t comma = std::min(wanted.find(',', at), wanted.size());
    const std::string name = wanted.substr(at, comma - at);
    if (project.services.count(name) == 0) throw CommandError("no such service: " + name);
    names.insert(name);
    at = comma + 1;
  }
  note_file_digests(project, wanted == "*" ? std::set<std::string>() : names);
  read_seccomp_profiles(project, wanted == "*" ? std::set<std::string>() : names);
  for (const auto& [name, service] : project.services) {
    if (wanted == "*" || names.count(name) != 0) text += name + ' ' + config_hash(project, service) + '\n';
  }
  return text;
}

std::string environment(const parser::Project& project) {
  std::string text;
  for (const auto& [name, value] : project.environment) text += name + '=' + value + '\n';
  return text;
}

std::string variables(const parser::Document& document) {
  ui::Table table({"NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE"});
  for (const auto& [name, use] : parser::variables_in(document.root))
    table.add(
        {name, use.required ? "true" : "false", use.fallback.value_or(""), use.alternative.value_or("")});
  return table.to_string();
}

std::string rendered(const parser::Project& project, const Flags& flags) {
  if (flags.services) return keys(project.services);
  if (flags.volumes) return keys(project.volumes);
  if (flags.networks) return keys(project.networks);
  if (flags.models) return keys(project.models);
  if (flags.images) return images(project);
  if (flags.profiles) return profiles(project);
  if (flags.environment) return environment(project);
  if (!flags.hash.empty()) return hashes(project, flags.hash);
  std::string text = flags.format == "json" ? parser::to_json(project) : parser::to_yaml(project);
  if (text.empty() || text.back() != '\n') text += '\n';
  return text;
}

parser::LoadOptions load_options(Context& context, const Words& services, const Flags& flags) {
  parser::LoadOptions options = context.load_options(services);
  options.check_consistency = !flags.no_consistency;
  options.resolve_environment = !flags.no_env_resolution;
  options.normalize = !flags.no_normalize;
  options.resolve_paths = !flags.no_path_resolution;
  return options;
}

// Something else than the project is asked for.
bool lists_names(const Flags& flags) {
  return flags.environment || flags.images || flags.models || flags.networks || flags.profiles ||
         flags.services || flags.volumes || !flags.hash.empty();
}

// What the command prints; empty with --quiet.
std::string shown(Context& context, const Words& services, const Flags& flags) {
  const parser::LoadOptions options = load_options(context, services, flags);
  if (flags.no_interpolate || flags.variables) {
    const parser::WrittenProject written = parser::load_as_written(options);
    context.show_warnings(written.warnings);
    if (flags.variables) return variables(written.document);
    return flags.format == "json" ? parser::to_json(written.document) : parser::to_yaml(written.document);
  }
  parser::Project project = context.load(options);
  if (flags.quiet) return "";
  restrict_to(project, services);
  if (flags.resolve_digests || flags.lock_digests) pin_images(context.engine(), project);
  if (flags.lock_digests) return lock_file(project, context.document());
  return rendered(project, flags);
}

}  // namespace

int config_command(Context& context, const Words& args) {
  Flags flags;
  Arguments arguments(
      "config [OPTIONS] [SERVICE...]",
      "Check the files and show them merged, with defaults and absolute paths. Exit code 1 and every\n"
      "error with its place when they are not right.");
  arguments.option("--format", flags.format, "yaml or json");
  arguments.flag("-q,--quiet", flags.quiet, "Only check");
  arguments.option("-o,--output", flags.output, "Write to this file");
  arguments.flag("--services", flags.services, "Only the services' names");
  arguments.flag("--volumes", flags.volumes, "Only the volumes' names");
  arguments.flag("--networks", flags.networks, "Only the networks' names");
  arguments.flag("--images", flags.images, "Only the images' names");
  arguments.flag("--profiles", flags.profiles, "Only the profiles' names");
  arguments.flag("--environment", flags.environment, "Only the variables that interpolation sees");
  arguments.option("--hash", flags.hash, "Configuration hashes of these services (comma list, or *)");
  arguments.flag("--models", flags.models, "Only the models' names");
  arguments.flag("--variables", flags.variables, "Only the variables that the files use");
  arguments.flag("--no-consistency", flags.no_consistency,
                 "Do not check what must hold between the parts of the project");
  arguments.flag("--no-env-resolution", flags.no_env_resolution, "Do not read env_file and label_file");
  arguments.flag("--no-interpolate", flags.no_interpolate, "Leave variables as they are written");
  arguments.flag("--no-normalize", flags.no_normalize,
                 "Do not fill in what follows from the whole, as the default network");
  arguments.flag("--no-path-resolution", flags.no_path_resolution, "Leave relative paths as they are");
  arguments.flag("--resolve-image-digests", flags.resolve_digests,
                 "Ask the registries for the images' digests and pin the images to them");
  arguments.flag("--lock-image-digests", flags.lock_digests,
                 "Print a file that pins the images to their digests, to be laid over the others");
  const Words services = arguments.parse(args);
  if (!flags.format.empty() && flags.format != "yaml" && flags.format != "json")
    throw CommandError("invalid value '" + flags.format + "' for --format: it must be yaml or json");

  const bool pins = flags.resolve_digests || flags.lock_digests;
  if (flags.no_interpolate && (lists_names(flags) || pins || !services.empty()))
    throw UsageError(
        "--no-interpolate shows the files as a whole: it goes with no list, no digests and no services");
  if (flags.lock_digests && lists_names(flags))
    throw UsageError("--lock-image-digests prints a file: it goes with no list");
  const std::string text = shown(context, services, flags);
  if (flags.quiet) return 0;
  if (flags.output.empty()) {
    print(text);
  } else {
    write_output(flags.output, text);
  }
  return 0;
}

}  // namespace compose::cli
