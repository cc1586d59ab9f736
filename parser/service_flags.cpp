#include "parser/service_flags.h"

#include "parser/flag_document.h"

namespace parser {

Service read_service_flags(const ServiceFlags& flags, const Project& project, const std::string& folder) {
  FlagDocument given;
  const auto list = [&](const char* attribute, const char* flag, const std::vector<std::string>& values) {
    if (!values.empty()) given.list(attribute, flag, values);
  };
  if (!flags.environment.empty()) given.pairs("environment", "--env", flags.environment, false);
  list("env_file", "--env-from-file", flags.env_files);
  if (!flags.labels.empty()) given.pairs("labels", "--label", flags.labels, true);
  list("ports", "--publish", flags.ports);
  list("volumes", "--volume", flags.volumes);
  list("cap_add", "--cap-add", flags.cap_add);
  list("cap_drop", "--cap-drop", flags.cap_drop);
  if (flags.entrypoint) given.text("entrypoint", "--entrypoint", *flags.entrypoint);
  given.complete(project.environment, folder);
  return given.service(project.environment, folder);
}

}  // namespace parser
