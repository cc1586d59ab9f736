#include "parser/resource.h"

#include "parser/names.h"

namespace parser {

ResourceName read_resource_name(const Section& section, const Entry& entry, const std::string& what,
                                const std::string& project) {
  Reader& reader = section.reader();
  reader.guard(Node::null(entry.key_at), section.path(), [&] { check_key(what, entry.key); });
  ResourceName result;
  section.flag("external", result.external);
  result.name = result.external ? entry.key : project + "_" + entry.key;
  if (const Node* name = section.find("name"); name != nullptr && !name->text.empty()) {
    result.name = name->text;
    reader.guard(*name, section.place("name"), [&] { check_engine_name(what + " name", name->text); });
  }
  if (!result.external) return result;
  // What someone else made is taken as it is.
  for (const Entry& other : section.node().entries)
    if (other.key != "external" && other.key != "name" && other.key.rfind("x-", 0) != 0)
      reader.report().error(other.key_at.mark(), section.path().to_string(),
                            "'" + other.key + "' cannot be given for what is external");
  return result;
}

}  // namespace parser
