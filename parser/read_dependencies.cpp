// The other services and containers that a service needs.
#include "parser/attribute.h"
#include "parser/names.h"
#include "parser/units.h"

namespace parser {

namespace {

// "name[:alias]"
Link parse_link(const std::string& text) {
  const size_t colon = text.find(':');
  Link link{text.substr(0, colon), colon == std::string::npos ? text : text.substr(colon + 1)};
  if (link.service.empty() || link.alias.empty() || link.alias.find(':') != std::string::npos)
    throw ValueError("invalid link '" + text + "'", "write name or name:alias");
  return link;
}

}  // namespace

void read_depends_on(const At& at) {
  for (const Entry& entry : at.node.entries) {
    const Path path = at.path.key(entry.key);
    const Section section(at.reader, entry.value, path);
    Dependency dependency;
    dependency.mark = entry.key_at.mark();
    std::string condition;
    section.choice("condition", "condition", condition,
                   {"service_started", "service_healthy", "service_completed_successfully"});
    if (condition == "service_healthy") dependency.condition = Dependency::Condition::kHealthy;
    if (condition == "service_completed_successfully")
      dependency.condition = Dependency::Condition::kCompletedSuccessfully;
    section.flag("restart", dependency.restart);
    section.flag("required", dependency.required);
    dependency.extensions = section.extensions();
    at.service.depends_on[entry.key] = std::move(dependency);
  }
}

void read_links(const At& at) {
  at.each([&](const Node& item) {
    Link link = parse_link(item.text);
    at.draft.needs.push_back({link.service, Need::Kind::kLink, item.mark(), at.path.to_string()});
    at.service.links.push_back(std::move(link));
  });
}

void read_external_links(const At& at) {
  at.each([&](const Node& item) { at.service.external_links.push_back(parse_link(item.text)); });
}

// "service[:ro|rw]", "container:name[:ro|rw]"
void read_volumes_from(const At& at) {
  at.each([&](const Node& item) {
    std::string rest = item.text;
    const bool container = rest.rfind("container:", 0) == 0;
    if (container) rest.erase(0, rest.find(':') + 1);
    const size_t colon = rest.find(':');
    const std::string name = rest.substr(0, colon);
    if (name.empty())
      throw ValueError("'" + item.text + "' names no " + (container ? "container" : "service"),
                       "write service[:ro] or container:name[:ro]");
    if (colon != std::string::npos) check_word("mode", rest.substr(colon + 1), {"ro", "rw"});
    if (!container) at.draft.needs.push_back({name, Need::Kind::kVolumes, item.mark(), at.path.to_string()});
    at.service.volumes_from.push_back(item.text);
  });
}

}  // namespace parser
