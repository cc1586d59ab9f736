#include <fmt/format.h>

#include <set>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/output_file.h"
#include "compose/cli/selection.h"
#include "compose/plan/planner.h"
#include "sys/error.h"
#include "sys/file.h"

namespace compose::cli {
namespace {

struct Flags {
  bool environment = false, images = false, networks = false, profiles = false, services = false,
       volumes = false;
  bool quiet = false;
  std::string format, hash, output;
};

// Only the named services, what they need, and the networks and volumes those use.
void restrict_to(parser::Project& project, const Words& services) {
  if (services.empty()) return;
  std::set<std::string> kept, networks, volumes;
  for (const std::string& name : services) add_with_dependencies(project, name, kept);
  std::erase_if(project.services, [&](const auto& entry) { return kept.count(entry.first) == 0; });
  for (const auto& [name, service] : project.services) {
    for (const auto& [network, ignored] : service.networks) networks.insert(network);
    for (const auto& mount : service.volumes) {
      if (mount.type == parser::VolumeMount::Type::kVolume) volumes.insert(mount.source);
    }
  }
  std::erase_if(project.networks, [&](const auto& entry) { return networks.count(entry.first) == 0; });
  std::erase_if(project.volumes, [&](const auto& entry) { return volumes.count(entry.first) == 0; });
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
std::string hashes(const parser::Project& project, const std::string& wanted) {
  std::string text;
  std::set<std::string> names;
  for (size_t at = 0; at <= wanted.size() && wanted != "*";) {
    const size_t comma = std::min(wanted.find(',', at), wanted.size());
    const std::string name = wanted.substr(at, comma - at);
    if (project.services.count(name) == 0) throw CommandError("no such service: " + name);
    names.insert(name);
    at = comma + 1;
  }
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

std::string rendered(const parser::Project& project, const Flags& flags) {
  if (flags.services) return keys(project.services);
  if (flags.volumes) return keys(project.volumes);
  if (flags.networks) return keys(project.networks);
  if (flags.images) return images(project);
  if (flags.profiles) return profiles(project);
  if (flags.environment) return environment(project);
  if (!flags.hash.empty()) return hashes(project, flags.hash);
  std::string text = flags.format == "json" ? parser::to_json(project) : parser::to_yaml(project);
  if (text.empty() || text.back() != '\n') text += '\n';
  return text;
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
  for (const char* name :
       {"--lock-image-digests", "--models", "--no-consistency", "--no-env-resolution", "--no-interpolate",
        "--no-normalize", "--no-path-resolution", "--resolve-image-digests", "--variables"}) {
    arguments.refuse_flag(name);
  }
  const Words services = arguments.parse(args);
  if (!flags.format.empty() && flags.format != "yaml" && flags.format != "json")
    throw CommandError("invalid value '" + flags.format + "' for --format: it must be yaml or json");

  parser::Project project = context.load(services);
  restrict_to(project, services);
  if (flags.quiet) return 0;
  const std::string text = rendered(project, flags);
  if (flags.output.empty()) {
    print(text);
  } else {
    write_output(flags.output, text);
  }
  return 0;
}

}  // namespace compose::cli
