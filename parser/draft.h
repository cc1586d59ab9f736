#pragma once
// The Project in the making: the typed project and what the later stages (checks, profiles, env files) still
// need to know about where things stood.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "parser/project.h"

namespace parser {

// A service that another one needs without saying so in `depends_on`.
struct Need {
  enum class Kind {
    kLink,
    kNamespace,  // network_mode, ipc, pid, uts: service:x
    kVolumes,    // volumes_from
  };
  std::string service;
  Kind kind = Kind::kLink;
  Mark mark;
  std::string where;  // "services.web.links"
};

// Where a service names an image.
struct ImageMention {
  std::string text;
  Mark mark;
  std::string where;
};

struct ServiceDraft {
  explicit ServiceDraft(Service& its_service) : service(its_service) {}

  Service& service;         // one of the project
  bool damaged = false;     // an error in it is reported already: conclude nothing from what is missing
  OptionalMap environment;  // as written
  std::vector<EnvFile> label_files;
  std::vector<Need> needs;
  std::vector<ImageMention> images;
  std::map<std::string, Mark> marks;  // of the attributes that are there
  Mark replicas_mark;
};

struct Draft {
  Project project;
  std::map<std::string, ServiceDraft> services;
  bool damaged = false;          // a top-level section is missing because of an error
  std::set<std::string> wanted;  // the active services the command is for, with what they need
};

}  // namespace parser
