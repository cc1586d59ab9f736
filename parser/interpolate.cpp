#include "parser/interpolate.h"

#include "parser/path.h"

namespace parser {

namespace {

class Interpolation {
 public:
  Interpolation(const Lookup& lookup, Report& report) : lookup_(lookup), report_(report) {}

  void walk(Node& node, const Trail& trail) {
    if (node.tag == Node::Tag::kReset) return;
    if (node.is_scalar()) substitute_in(node, trail);
    for (size_t i = 0; i < node.items.size(); ++i) walk(node.items[i], trail.index(i));
    for (Entry& entry : node.entries) {
      const bool settled = entry.value.is_scalar() && entry.value.text.find('$') == std::string::npos;
      if (!settled) walk(entry.value, trail.key(entry.key));
    }
  }

 private:
  void substitute_in(Node& node, const Trail& trail) {
    if (node.text.find('$') == std::string::npos) return;
    try {
      Substitution done = substitute(node.text, lookup_);
      node.text = std::move(done.text);
      // What a variable brings in is text; it is cast to the type the attribute wants.
      if (done.substituted) node.plain = false;
      for (const std::string& name : done.unset)
        report_.warning(node.mark(), trail.path().to_string(),
                        "variable '" + name + "' is not set, empty text is used");
    } catch (const TemplateError& error) {
      report_.error(node.mark(), trail.path().to_string(), error.what(), error.hint());
      node.poisoned = true;
    }
  }

  const Lookup& lookup_;
  Report& report_;
};

void mark_templated(Node& node) {
  node.templated = node.is_scalar() && node.text.find('$') != std::string::npos;
  for (Node& item : node.items) mark_templated(item);
  for (Entry& entry : node.entries) mark_templated(entry.value);
}

}  // namespace

Lookup lookup_in(const StringMap& variables) {
  return [&variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

void interpolate(Node& root, const Lookup& lookup, Report& report) {
  Interpolation(lookup, report).walk(root, Trail(Path()));
}

void keep_variables(Node& document, const Lookup& lookup, Report& report) {
  Interpolation interpolation(lookup, report);
  for (const std::string_view place : {"include", "services.*.extends"})
    for_each_match(document, place,
                   [&](Node& node, const Path& path) { interpolation.walk(node, Trail(path)); });
  mark_templated(document);
}

}  // namespace parser
