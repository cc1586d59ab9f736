#include "compose/cli/image_digests.h"

#include <algorithm>
#include <deque>
#include <future>
#include <map>

#include "engine/error.h"
#include "engine/image/reference.h"

namespace compose::cli {
namespace {

constexpr size_t kAtOnce = 8;

std::string pinned(engine::Engine& engine, const std::string& image) {
  engine::Reference reference = engine::parse_reference(image);
  if (!reference.digest.empty()) return image;
  reference.digest = engine.resolve_digest(image);
  return reference.to_string();
}

// Every place of a service where an image stands that can be pinned. What is mounted may also be called by
// the service whose image it is.
std::vector<std::string*> images_of(const parser::Project& project, parser::Service& service) {
  std::vector<std::string*> images;
  if (!service.image.empty()) images.push_back(&service.image);
  for (parser::Hook& hook : service.pre_start)
    if (!hook.image.empty()) images.push_back(&hook.image);
  for (parser::VolumeMount& mount : service.volumes)
    if (mount.type == parser::VolumeMount::Type::kImage && project.services.count(mount.source) == 0 &&
        project.disabled_services.count(mount.source) == 0)
      images.push_back(&mount.source);
  return images;
}

// The mount as the files have it, all its options with it: a later file's takes the place of the earlier one.
parser::Node locked_mount(const parser::VolumeMount& mount, const parser::Node& service) {
  const parser::Node* mounts = service.find("volumes");
  for (const parser::Node& item : mounts->items) {
    const parser::Node* target = item.find("target");
    if (target == nullptr || target->text != mount.target) continue;
    parser::Node locked = item;
    locked.set("source", item.at, parser::Node::scalar(mount.source, item.at));
    return locked;
  }
  return parser::Node::map(service.at);
}

}  // namespace

void pin_images(engine::Engine& engine, parser::Project& project) {
  std::map<std::string, std::shared_future<std::string>> found;  // by image
  std::deque<std::shared_future<std::string>> asked;
  for (auto& [name, service] : project.services) {
    for (const std::string* image : images_of(project, service)) {
      if (found.count(*image) != 0) continue;
      if (asked.size() == kAtOnce) {
        asked.front().wait();
        asked.pop_front();
      }
      asked.push_back(std::async(std::launch::async, [&engine, image = *image] {
                        return pinned(engine, image);
                      }).share());
      found.emplace(*image, asked.back());
    }
  }
  for (auto& [name, service] : project.services) {
    for (std::string* image : images_of(project, service)) {
      try {
        *image = std::string(found.at(*image).get());
      } catch (const engine::Error& error) {
        throw engine::Error(error.kind(), "service \"" + name + "\": " + error.what());
      }
    }
  }
}

std::string lock_file(const parser::Project& project, const parser::Document& files,
                      std::vector<std::string>& unlocked) {
  using parser::Node;
  const parser::Location at = files.root.at;
  const Node* written = files.root.find("services");
  Node services = Node::map(at);
  for (const auto& [name, service] : project.services) {
    Node locked = Node::map(at);
    if (!service.image.empty()) locked.set("image", at, Node::scalar(service.image, at));
    Node mounts = Node::sequence(at);
    for (const parser::VolumeMount& mount : service.volumes)
      if (mount.type == parser::VolumeMount::Type::kImage)
        mounts.items.push_back(locked_mount(mount, *written->find(name)));
    if (!mounts.items.empty()) locked.set("volumes", at, std::move(mounts));
    if (std::any_of(service.pre_start.begin(), service.pre_start.end(),
                    [](const parser::Hook& hook) { return !hook.image.empty(); }))
      unlocked.push_back(name);
    if (!locked.entries.empty()) services.set(name, at, std::move(locked));
  }
  parser::Document document{Node::map(at), files.report};
  document.root.set("services", at, std::move(services));
  return parser::to_yaml(document);
}

}  // namespace compose::cli
