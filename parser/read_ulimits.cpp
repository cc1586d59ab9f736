#include <algorithm>

#include "parser/section.h"
#include "parser/units.h"

namespace parser {

namespace {

const std::vector<std::string>& known_limits() {
  static const std::vector<std::string> kNames = {
      "as",   "core",   "cpu",   "data", "fsize",  "locks",  "memlock",    "msgqueue",
      "nice", "nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack"};
  return kNames;
}

// setrlimit(2): no unprivileged or privileged process can have a soft limit above the hard one.
void check_order(const Section& section, const Ulimit& limit) {
  if (limit.hard != -1 && (limit.soft == -1 || limit.soft > limit.hard))
    section.error("the soft limit is above the hard one");
}

Ulimit read_ulimit(Reader& reader, const Node& node, const Path& path) {
  Ulimit limit;
  if (node.is_scalar()) {
    limit.single = true;
    limit.soft = limit.hard = reader.integer(node, path, -1, INT64_MAX);
    return limit;
  }
  const Section section(reader, node, path);
  section.require("soft", "without 'soft'");
  section.require("hard", "without 'hard'");
  const size_t errors = reader.report().errors();
  section.integer("soft", limit.soft, -1, INT64_MAX);
  section.integer("hard", limit.hard, -1, INT64_MAX);
  if (section.find("soft") != nullptr && section.find("hard") != nullptr &&
      errors == reader.report().errors())
    check_order(section, limit);
  limit.extensions = section.extensions();
  return limit;
}

}  // namespace

std::map<std::string, Ulimit> read_ulimits(Reader& reader, const Node& node, const Path& path) {
  std::map<std::string, Ulimit> limits;
  for (const Entry& entry : node.entries) {
    const Path place = path.key(entry.key);
    const std::vector<std::string>& known = known_limits();
    if (std::find(known.begin(), known.end(), entry.key) == known.end())
      reader.report().error(entry.key_at.mark(), place.to_string(), "unknown limit '" + entry.key + "'",
                            did_you_mean(entry.key, known));
    limits[entry.key] = read_ulimit(reader, entry.value, place);
  }
  return limits;
}

}  // namespace parser
