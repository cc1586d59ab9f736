#pragma once
// The Project in the making: the typed project and what the later stages (checks, profiles, env files) still
// need to know about where things stood.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "parser/project.h"

namespace parser {

struct EnvFile {
  std::string path;   // absolute
  std::string shown;  // as written
  bool required = true;
  bool raw = false;  // format: raw
  Mark mark;
  std::string where;  // "services.web.env_file[0]"
};

// cpus, memory and pids can be given at the service and under deploy.resources.limits.
struct Limit {
  double value = 0;
  Mark mark;
};

struct ServiceDraft {
  Service service;
  bool damaged = false;  // an error in it is reported already: conclude nothing from what is missing
  std::map<std::string, std::optional<std::string>> environment;
  std::vector<EnvFile> env_files;
  std::vector<Mark> link_marks;
  std::map<std::string, Mark> marks;  // of the attributes that are there
  std::map<std::string, Limit> limits, deploy_limits;
  std::optional<int> scale, deploy_replicas;
  Mark replicas_mark;
};

struct Draft {
  Project project;
  std::map<std::string, ServiceDraft> services;
  bool damaged = false;  // a top-level section is missing because of an error
};

}  // namespace parser
