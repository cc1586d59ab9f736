#include "engine/image/archive_documents.h"

#include <nlohmann/json.hpp>

#include "engine/error.h"
#include "engine/image/bounded_json.h"
#include "engine/image/entry_path.h"

namespace engine {

namespace {

using nlohmann::json;

constexpr size_t kMostEntries = 10'000;  // of one list

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw Error(Error::Kind::kInvalid, name + ": " + why);
}

// Nothing when the member is absent or null.
std::vector<std::string> texts(const json& object, const char* key, const std::string& name) {
  std::vector<std::string> result;
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return result;
  if (!found->is_array() || found->size() > kMostEntries)
    refuse(name, std::string(key) + " must be a list of at most 10,000 texts");
  for (const json& item : *found) {
    if (!item.is_string()) refuse(name, std::string(key) + " must be a list of texts");
    result.push_back(item.get<std::string>());
  }
  return result;
}

}  // namespace

void check_layout(const std::string& json, const std::string& name) {
  const std::string version = text_member(parse_object(json, name), "imageLayoutVersion");
  if (version != "1.0.0") refuse(name, "image layout version " + engine::quoted(version) + " is not known");
}

std::vector<DockerArchiveImage> parse_docker_manifest(const std::string& text, const std::string& name) {
  const json list = parse_list(text, name);
  if (list.size() > kMostEntries) refuse(name, "there are more than 10,000 images");
  std::vector<DockerArchiveImage> images;
  for (const json& item : list) {
    if (!item.is_object()) refuse(name, "an image must be an object");
    DockerArchiveImage image;
    image.config = text_member(item, "Config");
    if (image.config.empty()) refuse(name, "an image without Config");
    image.layers = texts(item, "Layers", name);
    image.repo_tags = texts(item, "RepoTags", name);
    images.push_back(std::move(image));
  }
  return images;
}

}  // namespace engine
