// check_version_3: see schema.h.
#include <algorithm>

#include "parser/path.h"
#include "parser/schema.h"
#include "parser/specification.h"

namespace parser {

namespace {

class Version3 {
 public:
  std::vector<Diagnostic> take() { return std::move(found_); }

  void check(const Node& node, const Specification& spec, const Path& path) {
    if (node.is_null() || node.tag == Node::Tag::kReset) return;
    if (!satisfies_any(node, spec.types)) {
      add(node.mark(), path, describe(node) + " is not allowed here in file format version 3");
    } else if (node.is_scalar()) {
      const auto& words = spec.values;
      if (!words.empty() && std::find(words.begin(), words.end(), node.text) == words.end())
        add(node.mark(), path, "'" + node.text + "' is not part of file format version 3");
    } else {
      for (size_t i = 0; i < node.items.size() && spec.item != nullptr; ++i)
        check(node.items[i], *spec.item, path.index(i));
      for (const Entry& entry : node.entries) check_entry(entry, spec, path);
    }
  }

 private:
  void check_entry(const Entry& entry, const Specification& spec, const Path& path) {
    if (spec.extensions && entry.key.rfind("x-", 0) == 0) return;
    if (const Specification* rule = spec.find(entry.key); rule != nullptr)
      check(entry.value, *rule, path.key(entry.key));
    else
      add(entry.key_at.mark(), path, "attribute '" + entry.key + "' is not part of file format version 3");
  }

  void add(const Mark& mark, const Path& path, const std::string& message) {
    found_.push_back({Severity::kWarning, mark, path.to_string(), message, "", ""});
  }

  std::vector<Diagnostic> found_;
};

}  // namespace

std::vector<Diagnostic> check_version_3(const Node& document) {
  Version3 check;
  check.check(document, version_3_specification(), Path());
  return check.take();
}

}  // namespace parser
