#pragma once
// A Compose file as it goes to others: its text as it was written, but for the names of files that are put
// beside it. What it tells of the machine it comes from, and of its author's secrets, is noted. Reads the
// file, and nothing else.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "parser/load.h"

namespace parser {

struct PublishedFile {
  std::string text;
  // By absolute path, under what name the text has them now.
  std::map<std::string, std::string> extended;
  std::map<std::string, std::string> env_files;  // only with `rename_env_files`
  std::vector<std::string> local_includes;       // as written

  // As written, variables and all.
  struct Service {
    bool has_env_file = false;
    StringMap environment;  // values that are given
  };
  std::map<std::string, Service> services;
  StringMap config_contents;  // by key
};

struct PublishRequest {
  std::string path;    // of the file
  std::string folder;  // that its relative paths start from, absolute
  // The name of a file for others, without its ending, which is .yaml or .env.
  std::function<std::string(const std::string& path)> name_of;
  bool rename_env_files = false;
};

// Throws LoadError: it cannot be read, or the name of a file to replace is written in a form (an anchor, a
// block) that cannot be edited.
PublishedFile publish_file(const PublishRequest& request, const StringMap& environment);

}  // namespace parser
