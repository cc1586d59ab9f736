#include <nlohmann/json.hpp>

#include "compose/cli/arguments.h"
#include "compose/cli/failure.h"
#include "compose/cli/image/subcommands.h"
#include "compose/cli/inspected.h"
#include "compose/ui/timestamp.h"
#include "engine/image/image_store.h"
#include "engine/image/reference.h"

namespace compose::cli {
namespace {

using nlohmann::ordered_json;

constexpr char kNever[] = "0001-01-01T00:00:00Z";

ordered_json familiar(const std::vector<std::string>& references, bool digests) {
  auto list = ordered_json::array();
  for (const std::string& name : references) {
    const engine::Reference reference = engine::parse_reference(name);
    if (reference.digest.empty() != digests) list.push_back(reference.familiar());
  }
  return list;
}

ordered_json member_or(const ordered_json& object, const char* key, const ordered_json& otherwise) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? otherwise : *found;
}

// The members that docker always shows, then what else the image has.
ordered_json execution_of(const ordered_json& config) {
  const ordered_json given = member_or(config, "config", ordered_json::object());
  ordered_json shown{{"Hostname", ""},       {"Domainname", ""},      {"User", ""},
                     {"AttachStdin", false}, {"AttachStdout", false}, {"AttachStderr", false},
                     {"Tty", false},         {"OpenStdin", false},    {"StdinOnce", false},
                     {"Env", nullptr},       {"Cmd", nullptr},        {"Image", ""},
                     {"Volumes", nullptr},   {"WorkingDir", ""},      {"Entrypoint", nullptr},
                     {"OnBuild", nullptr},   {"Labels", nullptr}};
  for (const auto& item : given.items()) shown[item.key()] = item.value();
  return shown;
}

ordered_json driver_of(const engine::StoredImage& image) {
  ordered_json data = ordered_json::object();
  std::string lower;
  for (size_t i = 1; i < image.lower_dirs.size(); ++i) lower += (i == 1 ? "" : ":") + image.lower_dirs[i];
  if (!lower.empty()) data["LowerDir"] = lower;
  if (!image.lower_dirs.empty()) data["UpperDir"] = image.lower_dirs.front();
  return {{"Data", data}, {"Name", "overlay"}};
}

// Of the last step: an image's own field for it is of older formats.
std::string comment_of(const ordered_json& config) {
  if (const auto own = config.find("comment"); own != config.end() && own->is_string()) {
    std::string text = *own;
    if (!text.empty()) return text;
  }
  const auto history = config.find("history");
  if (history == config.end() || !history->is_array() || history->empty()) return "";
  return history->back().value("comment", "");
}

ordered_json describe(engine::ImageStore& store, const engine::StoredImage& image) {
  const ordered_json config = ordered_json::parse(store.config_json(image.id));
  const int64_t tagged_ms = store.last_tagged_ms(image.id);
  ordered_json described{{"Id", image.id},
                         {"RepoTags", familiar(store.references(image.id), false)},
                         {"RepoDigests", familiar(store.repository_digests(image.id), true)},
                         {"Parent", ""},
                         {"Comment", comment_of(config)},
                         {"Created", member_or(config, "created", kNever)},
                         {"DockerVersion", member_or(config, "docker_version", "")},
                         {"Author", member_or(config, "author", "")},
                         {"Config", execution_of(config)},
                         {"Architecture", member_or(config, "architecture", "")}};
  if (config.contains("variant")) described["Variant"] = config.at("variant");
  described["Os"] = member_or(config, "os", "");
  described["Size"] = image.size;
  described["VirtualSize"] = image.size;
  described["GraphDriver"] = driver_of(image);
  described["RootFS"] = {{"Type", "layers"}, {"Layers", image.config.diff_ids}};
  described["Metadata"] = {{"LastTagTime", tagged_ms == 0 ? kNever : ui::to_rfc3339(tagged_ms * 1'000'000)}};
  return described;
}

}  // namespace

int image_inspect(Context& context, const Words& args) {
  std::string format;
  Arguments arguments("image inspect [OPTIONS] IMAGE...", "Show all about images, as JSON.");
  arguments.option("-f,--format", format, "json (the default) or a template for each image");
  arguments.positionals(1, -1, "IMAGE");
  const Words names = arguments.parse(args);
  engine::ImageStore& store = context.engine().image_store();
  return inspect_all(context, names, format, [&](const std::string& name) {
    const auto image = store.find(name);
    if (!image) throw CommandError("no such image: " + name);
    return describe(store, *image);
  });
}

}  // namespace compose::cli
