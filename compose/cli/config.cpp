#include <fmt/format.h>

#include <set>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/failure.h"
#include "compose/cli/image_digests.h"
#include "compose/cli/output_file.h"
#include "compose/cli/planned_files.h"
#include "compose/cli/selection.h"
#include "compose/plan/graph_text.h"
#include "compose/plan/planner.h"
#include "compose/ui/table.h"
#include "parser/profiles.h"
#include "parser/switches.h"
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
  std::string format, graph, hash, output;
};

// Only the named services, what they need, and what those use.
void restrict_to(parser::Project& project, const Words& services) {
  if (services.empty()) return;
  const std::set<std::string> kept = services_meant(project, services, true);
  std::erase_if(project.services, [&](const auto& entry) { return kept.count(entry.first) == 0; });
  if (!parser::is_switched_on(project.environment, parser::kAllResources)) parser::drop_unused(project);
}

template <typename Map>
std::string keys(const Map& map) {
  std::string text;
  for (const auto& [key, ignored] : map) text += key + '\n';
  return text;
}

std::string lines(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word + '\n';
  return text;
}

std::string profiles(const parser::Project& project) {
  std::set<std::string> all;
  for (const auto* services : {&project.services, &project.disabled_services}) {
    for (const auto& [name, service] : *services)
      all.insert(service.profiles.begin(), service.profiles.end());
  }
  return lines(all);
}

std::string images(const parser::Project& project) {
  std::set<std::string> all;
  for (const auto& [name, service] : project.services) {
    all.insert(image_of(project, service));
    for (const parser::Hook& hook : service.pre_start)
      if (!hook.image.empty()) all.insert(hook.image);
  }
  return lines(all);
}

std::string models(const parser::Project& project) {
  std::set<std::string> all;
  for (const auto& [key, model] : project.models) all.insert(model.model);
  return lines(all);
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
  read_planned_files(project, wanted == "*" ? std::set<std::string>() : names);
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

// {"TAG": {"Name": "TAG", "DefaultValue": "1.25", ...}}, in YAML with the keys in lower case: as docker
// compose.
std::string described_variables(const parser::Document& document, bool yaml) {
  using parser::Node;
  const parser::Location at = document.root.at;
  parser::Document shown{Node::map(at), document.report};
  for (const auto& [name, use] : parser::variables_in(document.root)) {
    Node required = Node::scalar(use.required ? "true" : "false", at);
    required.plain = true;
    Node described = Node::map(at);
    described.set(yaml ? "name" : "Name", at, Node::scalar(name, at));
    described.set(yaml ? "defaultvalue" : "DefaultValue", at, Node::scalar(use.fallback.value_or(""), at));
    described.set(yaml ? "presencevalue" : "PresenceValue", at,
                  Node::scalar(use.alternative.value_or(""), at));
    described.set(yaml ? "required" : "Required", at, std::move(required));
    shown.root.set(name, at, std::move(described));
  }
  return yaml ? parser::to_yaml(shown) : parser::to_json(shown);
}

std::string variables(const parser::Document& document, const std::string& format) {
  if (!format.empty()) return described_variables(document, format == "yaml");
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
  if (flags.models) return models(project);
  if (flags.images) return images(project);
  if (flags.profiles) return profiles(project);
  if (flags.environment) return environment(project);
  if (!flags.hash.empty()) return hashes(project, flags.hash);
  if (!flags.graph.empty()) return flags.graph == "dot" ? graph_dot(project) : graph_tree(project);
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

// What stands at the top level, or in an attribute of each service, of files as they are written.
std::string names_in(const parser::Node& root, const char* section) {
  std::set<std::string> names;
  if (const parser::Node* things = root.find(section))
    for (const parser::Entry& entry : things->entries) names.insert(entry.key);
  return lines(names);
}

std::string values_in(const parser::Node& root, const char* section, const char* attribute) {
  std::set<std::string> values;
  const parser::Node* things = root.find(section);
  if (things == nullptr) return "";
  for (const parser::Entry& entry : things->entries) {
    const parser::Node* value = entry.value.find(attribute);
    if (value == nullptr) continue;
    if (value->is_scalar()) values.insert(value->text);
    for (const parser::Node& item : value->items) values.insert(item.text);
  }
  return lines(values);
}

std::string rendered_as_written(const parser::Document& document, const Flags& flags) {
  const parser::Node& root = document.root;
  if (flags.services) return names_in(root, "services");
  if (flags.volumes) return names_in(root, "volumes");
  if (flags.networks) return names_in(root, "networks");
  if (flags.models) return values_in(root, "models", "model");
  if (flags.images) return values_in(root, "services", "image");
  if (flags.profiles) return values_in(root, "services", "profiles");
  return flags.format == "json" ? parser::to_json(document) : parser::to_yaml(document);
}

// Something else than the project is asked for.
bool lists_names(const Flags& flags) {
  return flags.environment || flags.images || flags.models || flags.networks || flags.profiles ||
         flags.services || flags.volumes || !flags.hash.empty() || !flags.graph.empty();
}

// What the command prints; empty with --quiet.
std::string shown(Context& context, const Words& services, const Flags& flags) {
  const parser::LoadOptions options = load_options(context, services, flags);
  if (flags.no_interpolate || flags.variables) {
    const parser::WrittenProject written = parser::load_as_written(options);
    context.show_warnings(written.warnings);
    if (!services.empty())
      context.log(LogLevel::kWarn,
                  "files are shown as they are written as a whole, not only of " + services.front());
    std::string text = flags.variables ? variables(written.document, flags.format)
                                       : rendered_as_written(written.document, flags);
    if (!text.empty() && text.back() != '\n') text += '\n';
    return text;
  }
  parser::Project project = context.load(options);
  if (flags.quiet) return "";
  restrict_to(project, services);
  if (flags.resolve_digests || flags.lock_digests) pin_images(context.engine(), project);
  if (flags.lock_digests) {
    std::vector<std::string> unlocked;
    std::string text = lock_file(project, context.document(), unlocked);
    for (const std::string& name : unlocked)
      context.log(LogLevel::kWarn, "service \"" + name +
                                       "\": images of pre_start cannot be pinned by a file that is "
                                       "laid over others; --resolve-image-digests pins them");
    return text;
  }
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
  arguments.option("--graph", flags.graph, "Which service needs which: tree, or dot for Graphviz");
  arguments.option("--hash", flags.hash, "Configuration hashes of these services (comma list, or *)");
  arguments.flag("--models", flags.models, "Only the models that are run");
  arguments.flag("--variables", flags.variables,
                 "Only the variables that the files use; a table, or as --format says");
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
  if (!flags.graph.empty() && flags.graph != "tree" && flags.graph != "dot")
    throw CommandError("invalid value '" + flags.graph + "' for --graph: it must be tree or dot");

  const bool pins = flags.resolve_digests || flags.lock_digests;
  if (flags.no_interpolate && (flags.environment || !flags.hash.empty() || !flags.graph.empty() || pins))
    throw UsageError(
        "--no-interpolate shows values as they are written: it goes with no environment, graph, hashes and "
        "digests");
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
