#include "parser/schema.h"

#include <algorithm>

#include "parser/load.h"
#include "parser/path.h"
#include "parser/specification.h"
#include "parser/units.h"

namespace parser {

namespace {

using enum Type;

constexpr Types kAnyList = kList | kStrings;
constexpr Types kAnyMap = kMap | kDict | kHosts;

// Names of older formats, and what stands in their place now.
struct OldName {
  std::string_view place, name, instead;
};
constexpr OldName kOldNames[] = {
    {"services.*", "net", "use 'network_mode' or 'networks'"},
    {"services.*", "dockerfile", "write it under 'build'"},
    {"services.*", "log_driver", "use 'logging'"},
    {"services.*", "log_opt", "use 'logging'"},
    {"services.*", "volume_driver", "give the volume its 'driver' under the top-level 'volumes'"},
};

std::string old_name(const Path& path, std::string_view name) {
  for (const OldName& old : kOldNames)
    if (old.name == name && path.matches(old.place)) return std::string(old.instead);
  return "";
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string expected(Types types) {
  std::vector<std::string> kinds;
  if (types.has(kString)) kinds.emplace_back("a string");
  if (types.has(kInteger) && !types.has(kNumber)) kinds.emplace_back("a whole number");
  if (types.has(kNumber)) kinds.emplace_back("a number");
  if (types.has(kBoolean)) kinds.emplace_back("true or false");
  if (types.has_any(kAnyList)) kinds.emplace_back("a list");
  if (types.has_any(kAnyMap)) kinds.emplace_back("a map");
  std::string text;
  for (size_t i = 0; i < kinds.size(); ++i)
    text += (i == 0 ? "" : i + 1 == kinds.size() ? " or " : ", ") + kinds[i];
  return text;
}

bool type_allowed(Types types, const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull:
      return true;  // in an override it means "keep"; check_no_empty_values sees the rest
    case Node::Kind::kSequence:
      return types.has_any(kAnyList);
    case Node::Kind::kMap:
      return types.has_any(kAnyMap);
    case Node::Kind::kScalar:
      break;
  }
  if (node.templated && types.has_any(kString | kInteger | kNumber | kBoolean)) return true;
  switch (scalar_type(node)) {
    case ScalarType::kInteger:
      return types.has_any(kInteger | kNumber);
    case ScalarType::kFloat:
      return types.has(kNumber);
    case ScalarType::kBoolean:
      return types.has(kBoolean);
    case ScalarType::kString:
      break;
  }
  return types.has(kString) || (types.has(kBoolean) && read_boolean(node.text)) ||
         (types.has(kInteger) && read_integer(node.text)) || (types.has(kNumber) && read_number(node.text));
}

std::string type_hint(Types types, const Node& node) {
  if (node.is_scalar() && types.has_any(kAnyList)) return "write it as a list: [\"" + node.text + "\"]";
  if (node.is_scalar() && types.has_any(kAnyMap) && node.text.find(':') != std::string::npos)
    return "a blank is missing after the ':'";
  if (node.is_scalar() && types.has(kString)) return "put it in quotes: \"" + node.text + "\"";
  if (node.is_sequence() && types.has_any(kAnyMap)) return "leave out the dashes";
  return "";
}

class SchemaCheck {
 public:
  explicit SchemaCheck(Report& report) : report_(report) {}

  // False: the value is wrong in itself and is to be taken out.
  bool check(Node& node, const Specification& spec, const Path& path) {
    if (node.tag == Node::Tag::kReset) return true;
    if (node.poisoned) return false;
    if (!type_allowed(spec.types, node)) {
      report_.error(node.mark(), path.to_string(),
                    "must be " + expected(spec.types) + ", not " + describe(node),
                    type_hint(spec.types, node));
      return false;
    }
    if (node.is_scalar()) return check_word(node, spec, path);
    if (node.is_sequence()) check_list(node, spec, path);
    if (node.is_map()) check_map(node, spec, path);
    return true;
  }

 private:
  bool check_word(const Node& node, const Specification& spec, const Path& path) {
    if (spec.values.empty() || node.templated ||
        std::count(spec.values.begin(), spec.values.end(), node.text) > 0)
      return true;
    report_.error(node.mark(), path.to_string(), "'" + node.text + "' is not one of " + join(spec.values),
                  did_you_mean(node.text, spec.values));
    return false;
  }

  void check_list(Node& node, const Specification& spec, const Path& path) {
    std::vector<Node> kept;
    for (size_t i = 0; i < node.items.size(); ++i) {
      Node& item = node.items[i];
      const Path place = path.index(i);
      if (item.tag == Node::Tag::kReset || item.tag == Node::Tag::kOverride) {
        report_.error(item.mark(), place.to_string(),
                      "!reset and !override work on a whole attribute, not on an item");
      } else if (item.is_null()) {
        report_.error(item.mark(), place.to_string(), "empty item in the list",
                      "give it a value or remove the '-'");
      } else if (spec.types.has(kStrings) ? check_string_item(item, spec, place)
                                          : spec.item == nullptr || check(item, *spec.item, place)) {
        kept.push_back(std::move(item));
      } else {
        node.damaged = true;
      }
    }
    node.items = std::move(kept);
  }

  bool check_string_item(const Node& item, const Specification& spec, const Path& path) {
    if (item.poisoned) return false;
    if (item.is_scalar() && scalar_type(item) == ScalarType::kString) return true;
    std::string hint = type_hint(kString, item);
    if (item.is_map() && item.entries.size() == 1) {
      const Entry& entry = item.entries.front();
      const std::string value = entry.value.is_scalar() ? entry.value.text : "value";
      if (spec.types.has(kDict) && entry.value.is_scalar())
        hint = "write '" + entry.key + "=" + value + "', or leave out the dashes";
      else
        hint = "put a text that contains ': ' in quotes";
    }
    report_.error(item.mark(), path.to_string(), "must be a string, not " + describe(item), hint);
    return false;
  }

  void check_map(Node& node, const Specification& spec, const Path& path) {
    if (path.size() == 0) report_version_1(node, spec);
    std::vector<Entry> kept;
    std::vector<Entry> given = std::move(node.entries);
    node.entries.clear();
    for (Entry& entry : given)
      if (check_entry(entry, given, node, spec, path)) kept.push_back(std::move(entry));
    node.entries = std::move(kept);
  }

  bool check_entry(Entry& entry, const std::vector<Entry>& siblings, Node& parent, const Specification& spec,
                   const Path& path) {
    if (spec.types.has_any(kDict | kHosts)) return check_pair(entry, parent, spec, path.key(entry.key));
    if (entry.key.rfind("x-", 0) == 0 && !spec.any_name) return true;
    const Specification* rule = spec.find(entry.key);
    if (rule == nullptr) return mend_name(entry, siblings, parent, spec, path);
    if (rule->support != Support::kNow) {
      if (entry.value.tag == Node::Tag::kReset) return true;
      report_.error(entry.key_at.mark(), path.to_string(),
                    "attribute '" + entry.key + "' is not supported yet");
      parent.damaged |= rule->support == Support::kLaterDefines;
      return false;
    }
    if (check(entry.value, *rule, path.key(entry.key))) return true;
    parent.damaged = true;
    // A service, network or volume stays there by name, so that what refers to it is not called undefined.
    if (!spec.any_name) return false;
    entry.value = Node::map(entry.value.at);
    entry.value.damaged = true;
    return true;
  }

  bool check_pair(const Entry& entry, Node& parent, const Specification& spec, const Path& path) {
    const Node& value = entry.value;
    if (value.tag == Node::Tag::kReset) return true;
    const bool list_allowed = spec.types.has(kHosts) && value.is_sequence();
    if (!value.poisoned && (value.is_null() || value.is_scalar() || list_allowed)) return true;
    if (!value.poisoned)
      report_.error(value.mark(), path.to_string(), "must be a string, not " + describe(value));
    parent.damaged = true;
    return false;
  }

  // A name of no specification. If a known one was meant, the entry takes its name, so that what is below is
  // checked and nothing is called missing; errors below it stay quiet, since the guess may be wrong.
  bool mend_name(Entry& entry, const std::vector<Entry>& siblings, Node& parent, const Specification& spec,
                 const Path& path) {
    if (version_1_ && path.size() == 0) return false;
    const std::vector<std::string> names = spec.known_names();
    std::string hint = old_name(path, entry.key);
    const std::string meant = hint.empty() ? closest(entry.key, names) : "";
    if (!meant.empty()) hint = "did you mean '" + meant + "'?";
    constexpr size_t kListed = 12;
    if (hint.empty() && names.size() <= kListed) hint = "known here: " + join(names);
    report_.error(entry.key_at.mark(), path.to_string(), "unknown attribute '" + entry.key + "'", hint);

    const bool taken =
        std::any_of(siblings.begin(), siblings.end(), [&](const Entry& e) { return e.key == meant; });
    if (meant.empty()) parent.damaged = true;
    if (meant.empty() || taken) return false;
    entry.key = meant;
    if (entry.value.is_null() && !spec.names.at(meant)->types.has(kNull)) {
      parent.damaged = true;
      return false;
    }
    const Report::Silence silence(report_);
    const bool keep = check_entry(entry, siblings, parent, spec, path) && !silence.errors_found();
    parent.damaged |= !keep;
    return keep;
  }

  // Files of Compose version 1 have their services at the top level.
  void report_version_1(const Node& root, const Specification& spec) {
    const auto is_services = [&spec](const Entry& entry) {
      return entry.key == "services" ||
             (spec.find(entry.key) == nullptr && !closest(entry.key, {"services"}).empty());
    };
    if (std::any_of(root.entries.begin(), root.entries.end(), is_services)) return;
    for (const Entry& entry : root.entries) {
      if (spec.find(entry.key) != nullptr || !entry.value.is_map() || entry.key.rfind("x-", 0) == 0) continue;
      if (entry.value.find("image") == nullptr && entry.value.find("build") == nullptr) continue;
      report_.error(entry.key_at.mark(), "",
                    "service '" + entry.key + "' stands at the top level, as in version 1 files",
                    "put all services below a top-level 'services:'");
      version_1_ = true;
      return;
    }
  }

  Report& report_;
  bool version_1_ = false;
};

void check_present(Node& node, const Specification& spec, const Path& path, Report& report) {
  if (spec.types.has_any(kDict | kHosts)) return;
  for (size_t i = 0; i < node.items.size(); ++i)
    if (spec.item) check_present(node.items[i], *spec.item, path.index(i), report);
  std::vector<Entry> kept;
  for (Entry& entry : node.entries) {
    const Specification* rule = spec.find(entry.key);
    const Path place = path.key(entry.key);
    if (rule != nullptr && entry.value.is_null() && !rule->types.has(kNull)) {
      report.error(entry.key_at.mark(), place.to_string(), "has no value", "give it one or remove the line");
      node.damaged = true;
      if (!spec.any_name) continue;
      entry.value = Node::map(entry.key_at);
      entry.value.damaged = true;
    }
    if (rule != nullptr) check_present(entry.value, *rule, place, report);
    kept.push_back(std::move(entry));
  }
  node.entries = std::move(kept);
}

}  // namespace

void check_schema(Node& document, Report& report) {
  if (!document.is_map()) {
    report.error(document.mark(), "", "a Compose file is a map, this is " + describe(document),
                 "it starts with 'services:'");
    document = Node::map(document.at);
    document.damaged = true;
    return;
  }
  SchemaCheck(report).check(document, specification(), Path());
}

void check_no_empty_values(Node& document, Report& report) {
  check_present(document, specification(), Path(), report);
}

}  // namespace parser
