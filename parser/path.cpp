#include "parser/path.h"

namespace parser {

std::string_view next_step(std::string_view& pattern) {
  const size_t dot = pattern.find('.');
  const std::string_view step = pattern.substr(0, dot);
  pattern = dot == std::string_view::npos ? std::string_view() : pattern.substr(dot + 1);
  return step;
}

namespace {

void descend(Node& node, const Trail& trail, std::string_view pattern,
             const std::function<void(Node&, const Path&)>& action) {
  if (node.tag == Node::Tag::kReset) return;
  if (pattern.empty()) {
    action(node, trail.path());
    return;
  }
  const std::string_view step = next_step(pattern);
  if (step == "[]") {
    for (size_t i = 0; i < node.items.size(); ++i) descend(node.items[i], trail.index(i), pattern, action);
    return;
  }
  for (Entry& entry : node.entries) {
    if (step != "*" && step != entry.key) continue;
    descend(entry.value, trail.key(entry.key), pattern, action);
  }
}

}  // namespace

Path Path::longer(std::string_view name, size_t index) const {
  return Path(std::make_shared<const Step>(Step{last_, size() + 1, std::string(name), index}));
}

Path Path::key(std::string_view name) const {
  return longer(name, 0);
}

Path Path::index(size_t number) const {
  return longer("", number);
}

bool Path::matches(std::string_view pattern) const {
  // From the end: there most patterns differ.
  for (const Step* step = last_.get(); step != nullptr; step = step->above.get()) {
    if (pattern.empty()) return false;
    const size_t dot = pattern.rfind('.');
    const std::string_view wanted = pattern.substr(dot + 1);  // npos + 1 is 0
    if (step->name.empty() ? wanted != "[]" : wanted != "*" && wanted != step->name) return false;
    pattern = pattern.substr(0, dot == std::string_view::npos ? 0 : dot);
  }
  return pattern.empty();
}

Path Trail::path() const {
  if (above_ == nullptr) return *start_;
  return name_.empty() ? above_->path().index(index_) : above_->path().key(name_);
}

void Path::write(const Step* last, std::string& text) {
  if (last == nullptr) return;
  write(last->above.get(), text);
  if (last->name.empty())
    text += "[" + std::to_string(last->index) + "]";
  else
    text += (text.empty() ? "" : ".") + last->name;
}

std::string Path::to_string() const {
  std::string text;
  write(last_.get(), text);
  return text;
}

void for_each_match(Node& root, std::string_view pattern,
                    const std::function<void(Node&, const Path&)>& action) {
  descend(root, Trail(Path()), pattern, action);
}

}  // namespace parser
