#include "parser/schema.h"

#include <algorithm>

#include "parser/load.h"
#include "parser/path.h"
#include "parser/schema_judge.h"
#include "parser/specification.h"
#include "parser/units.h"

namespace parser {

namespace {

using enum Type;

constexpr Types kAnyScalar = kString | kNumber | kBoolean;

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
  if (!types.has_all(kAnyScalar)) {
    if (types.has(kInteger) && !types.has(kNumber)) kinds.emplace_back("a whole number");
    if (types.has(kNumber)) kinds.emplace_back("a number");
    if (types.has(kBoolean)) kinds.emplace_back("true or false");
  }
  if (types.has(kList)) kinds.emplace_back("a list");
  if (types.has(kMap)) kinds.emplace_back("a map");
  std::string text;
  for (size_t i = 0; i < kinds.size(); ++i)
    text += (i == 0 ? "" : i + 1 == kinds.size() ? " or " : ", ") + kinds[i];
  return text;
}

std::string type_hint(Types types, const Node& node) {
  if (node.is_scalar() && types.has(kList)) return "write it as a list: [\"" + node.text + "\"]";
  if (node.is_scalar() && types.has(kMap) && node.text.find(':') != std::string::npos)
    return "a blank is missing after the ':'";
  if (node.is_scalar() && types.has(kString)) return "put it in quotes: \"" + node.text + "\"";
  if (node.is_sequence() && types.has(kMap)) return "leave out the dashes";
  return "";
}

// "- NAME: value" in a list of strings.
std::string pair_hint(const Entry& entry, const Specification& list) {
  if (list.any_name == nullptr || !list.any_name->types.has_all(kAnyScalar) || !entry.value.is_scalar())
    return "put a text that contains ': ' in quotes";
  return "write '" + entry.key + "=" + entry.value.text + "', or leave out the dashes";
}

class SchemaCheck {
 public:
  explicit SchemaCheck(Report& report) : report_(report) {}

  // False: the value is wrong in itself and is to be taken out.
  bool check(Node& node, const Specification& spec, const Path& path) {
    if (node.tag == Node::Tag::kReset) return true;
    if (node.poisoned) {
      met_poisoned_ = true;
      return false;
    }
    // In an override null means "keep"; check_no_empty_values sees the rest.
    if (!node.is_null() && !satisfies_any(node, spec.types)) {
      report_type(node, spec, path, type_hint(spec.types, node));
      return false;
    }
    if (node.is_scalar()) return check_word(node, spec, path);
    if (node.is_sequence()) check_list(node, spec, path);
    if (node.is_map()) check_map(node, spec, path);
    return true;
  }

  bool met_poisoned() const { return met_poisoned_; }

 private:
  void report_type(const Node& node, const Specification& spec, const Path& path, const std::string& hint) {
    if (spec.duration && node.is_scalar()) {
      try {
        parse_duration(node.text);
      } catch (const ValueError& error) {
        report_.error(node.mark(), path.to_string(), error.what(), error.hint());
        return;
      }
    }
    report_.error(node.mark(), path.to_string(),
                  "must be " + expected(spec.types) + ", not " + describe(node), hint);
  }

  bool check_word(const Node& node, const Specification& spec, const Path& path) {
    const std::vector<std::string> words(spec.values.begin(), spec.values.end());
    if (words.empty() || node.templated || std::count(words.begin(), words.end(), node.text) > 0) return true;
    report_.error(node.mark(), path.to_string(), "'" + node.text + "' is not one of " + join(words),
                  did_you_mean(node.text, words));
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
      } else if (check_item(item, spec, place)) {
        kept.push_back(std::move(item));
      } else {
        node.damaged = true;
      }
    }
    node.items = std::move(kept);
  }

  bool check_item(Node& item, const Specification& list, const Path& path) {
    if (list.item == nullptr) return true;
    if (list.item->types == kString && item.is_map() && item.entries.size() == 1) {
      report_type(item, *list.item, path, pair_hint(item.entries.front(), list));
      return false;
    }
    return check(item, *list.item, path);
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
    const Specification* rule = spec.find(entry.key);
    if ((rule == nullptr || rule == spec.any_name) && spec.extensions && entry.key.rfind("x-", 0) == 0)
      return true;
    if (rule == nullptr) return mend_name(entry, siblings, parent, spec, path);
    if (check(entry.value, *rule, path.key(entry.key))) return true;
    parent.damaged = true;
    // A service, network or volume stays there by name, so that what refers to it is not called undefined.
    if (rule != spec.any_name || !rule->types.has(kMap)) return false;
    entry.value = Node::map(entry.value.at);
    entry.value.damaged = true;
    return true;
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
    if (entry.value.is_null() && !spec.find(meant)->types.has(kNull)) {
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
  bool met_poisoned_ = false;
};

// False: the entry has no value, which is reported, and is to be taken out.
bool check_entry(Node& map, Entry& entry, const Specification& spec, const Trail& trail, Report& report);

void check_present(Node& node, const Specification& spec, const Trail& trail, Report& report) {
  for (size_t i = 0; i < node.items.size(); ++i)
    if (spec.item) check_present(node.items[i], *spec.item, trail.index(i), report);
  size_t kept = 0;
  for (Entry& entry : node.entries) {
    if (!check_entry(node, entry, spec, trail, report)) continue;
    Entry& place = node.entries[kept++];
    if (&place != &entry) place = std::move(entry);
  }
  node.entries.erase(node.entries.begin() + static_cast<std::ptrdiff_t>(kept), node.entries.end());
}

bool check_entry(Node& map, Entry& entry, const Specification& spec, const Trail& trail, Report& report) {
  if (entry.value.is_scalar()) return true;
  const Specification* rule = spec.find(entry.key);
  if (rule == nullptr) return true;
  const Trail place = trail.key(entry.key);
  if (entry.value.is_null() && !rule->types.has(kNull)) {
    report.error(entry.key_at.mark(), place.path().to_string(), "has no value",
                 "give it one or remove the line");
    map.damaged = true;
    if (rule != spec.any_name || !rule->types.has(kMap)) return false;
    entry.value = Node::map(entry.key_at);
    entry.value.damaged = true;
  }
  check_present(entry.value, *rule, place, report);
  return true;
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
  if (!schema_accepts(document) && !explain_and_mend(document, report)) {
    const Refusal refusal = explain_refusal(document);
    report.error(refusal.node->mark(), refusal.path.to_string(),
                 "not as the schema wants it: " + refusal.message);
  }
}

bool explain_and_mend(Node& document, Report& report) {
  const size_t before = report.errors();
  SchemaCheck check(report);
  check.check(document, specification(), Path());
  return report.errors() > before || check.met_poisoned();
}

void check_no_empty_values(Node& document, Report& report) {
  check_present(document, specification(), Trail(Path()), report);
}

}  // namespace parser
