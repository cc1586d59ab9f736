// Configs and secrets given to a service or a build.
#include "parser/section.h"
#include "parser/units.h"

namespace parser {

namespace {

void check_id(const Section& section, const char* name, const std::string& id) {
  const auto number = read_integer(id);
  if (id.empty() || (number && *number >= 0 && *number <= UINT32_MAX)) return;
  section.error_at(name, "'" + id + "' is not a number",
                   "users and groups of a container have no names here: write the number");
}

FileGrant read_grant(const Section& section) {
  FileGrant grant;
  grant.mark = section.node().mark();
  section.text("source", grant.source);
  section.text("target", grant.target);
  section.text("uid", grant.uid);
  section.text("gid", grant.gid);
  check_id(section, "uid", grant.uid);
  check_id(section, "gid", grant.gid);
  if (const Node* mode = section.find("mode"))
    grant.mode = section.reader().mode(*mode, section.place("mode"));
  section.require("source", "without 'source', the name of what is given");
  grant.extensions = section.extensions();
  return grant;
}

}  // namespace

std::vector<FileGrant> read_grants(Reader& reader, const Node& node, const Path& path) {
  std::vector<FileGrant> grants;
  grants.reserve(node.items.size());
  for (size_t i = 0; i < node.items.size(); ++i) {
    const Path place = path.index(i);
    grants.push_back(read_grant(Section(reader, node.items[i], place)));
  }
  return grants;
}

void read_service_configs(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  draft.service.configs = read_grants(reader, node, path);
}

void read_service_secrets(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  draft.service.secrets = read_grants(reader, node, path);
}

}  // namespace parser
