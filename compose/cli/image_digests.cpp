#include "compose/cli/image_digests.h"

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

}  // namespace

void pin_images(engine::Engine& engine, parser::Project& project) {
  std::map<std::string, std::shared_future<std::string>> found;  // by image
  std::deque<std::shared_future<std::string>> asked;
  for (const auto& [name, service] : project.services) {
    if (service.image.empty() || found.count(service.image) != 0) continue;
    if (asked.size() == kAtOnce) {
      asked.front().wait();
      asked.pop_front();
    }
    asked.push_back(std::async(std::launch::async, [&engine, image = service.image] {
                      return pinned(engine, image);
                    }).share());
    found.emplace(service.image, asked.back());
  }
  for (auto& [name, service] : project.services) {
    if (service.image.empty()) continue;
    try {
      service.image = std::string(found.at(service.image).get());
    } catch (const engine::Error& error) {
      throw engine::Error(error.kind(), "service \"" + name + "\": " + error.what());
    }
  }
}

std::string lock_file(const parser::Project& project, const parser::Document& files) {
  using parser::Node;
  const parser::Location at = files.root.at;
  Node services = Node::map(at);
  for (const auto& [name, service] : project.services) {
    if (service.image.empty()) continue;
    Node pinned = Node::map(at);
    pinned.set("image", at, Node::scalar(service.image, at));
    services.set(name, at, std::move(pinned));
  }
  parser::Document document{Node::map(at), files.report};
  document.root.set("services", at, std::move(services));
  return parser::to_yaml(document);
}

}  // namespace compose::cli
