// Where the output of a container goes.
#include <algorithm>

#include "parser/attribute.h"
#include "parser/names.h"
#include "parser/units.h"

namespace parser {

namespace {

const std::vector<std::string>& drivers() {
  static const std::vector<std::string> kAll = {"json-file", "local",   "none",    "syslog",
                                                "journald",  "gelf",    "fluentd", "awslogs",
                                                "splunk",    "gcplogs", "etwlogs"};
  return kAll;
}

// Docker Engine manual, "JSON File logging driver", "Local file logging driver". What other drivers take is
// theirs to say.
const std::vector<std::string>& file_options() {
  static const std::vector<std::string> kAll = {
      "max-size", "max-file",  "compress", "labels", "labels-regex",
      "env",      "env-regex", "tag",      "mode",   "max-buffer-size"};
  return kAll;
}

void check_file_option(const std::string& name, const std::string& value) {
  check_word("option", name, file_options());
  if ((name == "max-size" && value != "-1") || name == "max-buffer-size") parse_bytes(value);
  if (name == "max-file") {
    const auto count = read_integer(value);
    if (!count || *count < 1)
      throw ValueError("'max-file' must be a whole number, 1 or more, not '" + value + "'");
  }
  if (name == "compress" && !read_boolean(value))
    throw ValueError("'compress' must be true or false, not '" + value + "'");
  if (name == "mode") check_word("mode", value, {"blocking", "non-blocking"});
}

}  // namespace

void read_logging(const At& at) {
  const Section section = at.section();
  Logging logging;
  logging.mark = at.node.mark();
  section.driver("driver", logging.driver, drivers());
  section.map("options", logging.options);
  logging.extensions = section.extensions();
  if (logging.driver == "none" && !logging.options.empty())
    section.error_at("options", "the logging driver none has no options", "remove them, or choose json-file");
  const bool file = logging.driver.empty() || logging.driver == "json-file" || logging.driver == "local";
  if (const Node* options = section.find("options"); options != nullptr && file)
    for (const Entry& entry : options->entries)
      at.reader.guard(Node::null(entry.key_at), section.place("options").key(entry.key),
                      [&] { check_file_option(entry.key, entry.value.text); });
  at.service.logging = std::move(logging);
}

}  // namespace parser
