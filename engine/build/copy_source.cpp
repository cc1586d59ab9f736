#include "engine/build/copy_source.h"

#include <cerrno>
#include <stdexcept>

#include "engine/build/glob.h"
#include "engine/build/paths.h"
#include "engine/error.h"
#include "sys/error.h"

namespace engine::build {

CopySource CopySource::context(const std::string& folder, IgnoreRules rules) {
  try {
    return {LayeredView({folder}, LayeredView::Escape::kRefuse), std::move(rules), true};
  } catch (const sys::Error& error) {
    if (error.code() != ENOENT && error.code() != ENOTDIR) throw;
    throw Error(Error::Kind::kNotFound, "the build context " + folder + " does not exist or is no folder");
  }
}

CopySource CopySource::layers(const std::vector<std::string>& lower_dirs) {
  return {LayeredView(lower_dirs), IgnoreRules(), false};
}

bool CopySource::visible(const std::string& path, bool is_dir) const {
  const std::string relative = path.substr(1);
  if (relative.empty()) return true;
  return is_dir ? rules_.may_hold_included(relative) : !rules_.excluded(relative);
}

bool CopySource::visible(const LayeredView::Node& node) const {
  return visible(node.path, node.is_dir());
}

std::vector<LayeredView::Node> CopySource::children(const LayeredView::Node& folder) const {
  std::vector<LayeredView::Node> out;
  for (LayeredView::Node& node : view_.children(folder)) {
    if (!visible(node)) continue;
    if (node.is_dir() && rules_.excluded(node.path.substr(1)) && !holds_included(node)) continue;
    out.push_back(std::move(node));
  }
  return out;
}

bool CopySource::holds_included(const LayeredView::Node& folder) const {
  for (const LayeredView::Node& node : view_.children(folder)) {
    const bool found =
        !rules_.excluded(node.path.substr(1)) || (node.is_dir() && visible(node) && holds_included(node));
    if (found) return true;
  }
  return false;
}

std::optional<CopySource::Item> CopySource::follow(const LayeredView::Node& node,
                                                   const std::string& name) const {
  if (!visible(node)) return std::nullopt;
  auto target = node.is_link() ? view_.find(node.path) : std::optional(node);
  if (!target || !visible(*target)) return std::nullopt;
  return Item{name, std::move(*target)};
}

std::optional<CopySource::Item> CopySource::follow_match(const LayeredView::Node& node,
                                                         const std::string& name) const {
  if (!node.is_link()) return follow(node, name);
  try {
    if (auto item = follow(node, name)) return item;
  } catch (const Error&) {  // leads outside
  } catch (const sys::Error& error) {
    if (error.code() != ELOOP) throw;
  }
  return Item{name, node};
}

void CopySource::nothing(const std::string& pattern) const {
  std::string message = "'" + pattern + "' matches nothing in the ";
  if (!is_context_) throw Error(Error::Kind::kInvalid, message + "source image");
  message += "build context";
  std::string hidden;
  for (const std::string& part : path_components(pattern)) hidden += (hidden.empty() ? "" : "/") + part;
  if (!hidden.empty() && rules_.excluded(hidden) && view_.find("/" + hidden)) {
    message += ": it is excluded by " + rules_.file();
  }
  throw Error(Error::Kind::kInvalid, message);
}

std::vector<CopySource::Item> CopySource::find(const std::string& pattern) const {
  const std::vector<std::string> parts = path_components(pattern);
  if (is_context_) {
    int depth = 0;
    for (const std::string& part : parts) {
      depth += part == ".." ? -1 : 1;
      if (depth < 0) throw Error(Error::Kind::kInvalid, "'" + pattern + "' is outside the build context");
    }
  }
  const std::vector<std::string> components = path_components(clean_path("/" + pattern));
  std::vector<Item> found{{"", view_.root()}};
  for (const std::string& component : components) {
    std::vector<Item> next;
    for (const Item& item : found) {
      if (!item.node.is_dir()) continue;
      if (!Glob::is_pattern(component)) {
        const auto node = view_.child(item.node, component);
        if (auto entry = node ? follow(*node, component) : std::nullopt) next.push_back(std::move(*entry));
        continue;
      }
      std::optional<Glob> glob;
      try {
        glob.emplace(component, Glob::Dialect::kPath);
      } catch (const std::invalid_argument& error) {
        throw Error(Error::Kind::kInvalid, "bad pattern '" + pattern + "': " + error.what());
      }
      for (const LayeredView::Node& node : children(item.node)) {
        const std::string name = base_name(node.path);
        if (!glob->matches(name)) continue;
        if (auto entry = follow_match(node, name)) next.push_back(std::move(*entry));
      }
    }
    found = std::move(next);
  }
  if (found.empty()) nothing(pattern);
  return found;
}

}  // namespace engine::build
