#include "engine/build/copy_source.h"

#include <algorithm>
#include <cerrno>
#include <set>
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
  check();
  for (LayeredView::Node& node : view_.children(folder)) {
    if (!visible(node)) continue;
    if (node.is_dir() && rules_.excluded(node.path.substr(1)) && !holds_included(node)) continue;
    out.push_back(std::move(node));
  }
  return out;
}

bool CopySource::holds_included(const LayeredView::Node& folder) const {
  check();
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
  return Item{name, std::move(*target), {}};
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
  return Item{name, node, {}};
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

std::vector<CopySource::Item> CopySource::below(const Item& item, const std::string& component) const {
  std::vector<Item> out;
  if (!item.node.is_dir()) return out;
  if (!Glob::is_pattern(component)) {
    const auto node = view_.child(item.node, component);
    if (auto entry = node ? follow(*node, component) : std::nullopt) out.push_back(std::move(*entry));
    return out;
  }
  const Glob glob(component, Glob::Dialect::kPath);
  for (const LayeredView::Node& node : children(item.node)) {
    const std::string name = base_name(node.path);
    if (!glob.matches(name)) continue;
    if (auto entry = follow_match(node, name)) out.push_back(std::move(*entry));
  }
  return out;
}

void CopySource::with_folders_below(const Item& item, bool keep_item, bool keep_rest,
                                    std::vector<Item>& out) const {
  out.push_back(item);
  if (!item.node.is_dir()) return;
  for (LayeredView::Node& node : children(item.node)) {
    if (!node.is_dir()) continue;
    Item next{base_name(node.path), std::move(node), item.above};
    if (keep_item && !item.name.empty()) next.above.push_back({item.name, item.node});
    with_folders_below(next, keep_rest, keep_rest, out);
  }
}

// `**/a/**/b` comes to a/a/b in two ways.
void CopySource::remove_doubles(std::vector<Item>& items) {
  std::set<std::string> seen;
  items.erase(std::remove_if(items.begin(), items.end(),
                             [&](const Item& item) { return !seen.insert(item.node.path).second; }),
              items.end());
}

std::vector<CopySource::Item> CopySource::find(const std::string& pattern, Match match) const {
  if (is_context_) {
    int depth = 0;
    for (const std::string& part : path_components(pattern)) {
      depth += part == ".." ? -1 : 1;
      if (depth < 0) throw Error(Error::Kind::kInvalid, "'" + pattern + "' is outside the build context");
    }
  }
  const bool parents = match == Match::kParents;
  const size_t cut = parents ? pattern.find("/./") : std::string::npos;
  const size_t pivot =
      cut == std::string::npos ? 0 : path_components(clean_path("/" + pattern.substr(0, cut))).size();
  const std::vector<std::string> components = path_components(clean_path("/" + pattern));
  std::vector<Item> found{{"", view_.root(), {}}};
  for (size_t i = 0; i < components.size(); ++i) {
    std::vector<Item> next;
    if (parents) remove_doubles(found);
    for (const Item& item : found) {
      if (parents && components[i] == "**" && i + 1 < components.size()) {
        with_folders_below(item, i > pivot, i >= pivot, next);
        continue;
      }
      try {
        for (Item& entry : below(item, components[i])) {
          entry.above = item.above;
          if (parents && i > pivot) entry.above.push_back({item.name, item.node});
          next.push_back(std::move(entry));
        }
      } catch (const std::invalid_argument& error) {
        throw Error(Error::Kind::kInvalid, "bad pattern '" + pattern + "': " + error.what());
      }
    }
    found = std::move(next);
  }
  if (parents) remove_doubles(found);
  if (found.empty()) nothing(pattern);
  return found;
}

}  // namespace engine::build
