#include "parser/path.h"

namespace parser {

std::string_view next_step(std::string_view& pattern) {
  const size_t dot = pattern.find('.');
  const std::string_view step = pattern.substr(0, dot);
  pattern = dot == std::string_view::npos ? std::string_view() : pattern.substr(dot + 1);
  return step;
}

namespace {

void descend(Node& node, const Path& path, std::string_view pattern,
             const std::function<void(Node&, const Path&)>& action) {
  if (node.tag == Node::Tag::kReset) return;
  if (pattern.empty()) {
    action(node, path);
    return;
  }
  const std::string_view step = next_step(pattern);
  if (step == "[]") {
    for (size_t i = 0; i < node.items.size(); ++i) descend(node.items[i], path.index(i), pattern, action);
    return;
  }
  for (Entry& entry : node.entries)
    if (step == "*" || step == entry.key) descend(entry.value, path.key(entry.key), pattern, action);
}

}  // namespace

Path Path::key(std::string_view name) const {
  Path path = *this;
  path.steps_.push_back({std::string(name), 0});
  return path;
}

Path Path::index(size_t number) const {
  Path path = *this;
  path.steps_.push_back({"", number});
  return path;
}

bool Path::matches(std::string_view pattern) const {
  for (const Step& step : steps_) {
    if (pattern.empty()) return false;
    const std::string_view wanted = next_step(pattern);
    if (step.name.empty() ? wanted != "[]" : wanted != "*" && wanted != step.name) return false;
  }
  return pattern.empty();
}

std::string Path::to_string() const {
  std::string text;
  for (const Step& step : steps_) {
    if (step.name.empty())
      text += "[" + std::to_string(step.index) + "]";
    else
      text += (text.empty() ? "" : ".") + step.name;
  }
  return text;
}

void for_each_match(Node& root, std::string_view pattern,
                    const std::function<void(Node&, const Path&)>& action) {
  descend(root, Path(), pattern, action);
}

}  // namespace parser
