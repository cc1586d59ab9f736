#pragma once
// The pipeline from Compose files to a Project. Pure but for reading files.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "parser/diagnostic.h"
#include "parser/node.h"
#include "parser/project.h"
#include "parser/report.h"

namespace parser {

struct LoadOptions {
  std::vector<std::string>
      files;  // -f, in order; "-" is stdin; empty: COMPOSE_FILE, else found upwards from cwd
  std::string project_directory;       // --project-directory; empty: folder of the first file
  std::string project_name;            // -p; empty: COMPOSE_PROJECT_NAME, `name:`, folder name
  std::vector<std::string> env_files;  // --env-file; empty: .env of the project directory when there
  std::vector<std::string> profiles;   // --profile; empty: COMPOSE_PROFILES; "*" is all
  std::vector<std::string> selected;   // services named on the command line: their profiles become active
  StringMap environment;               // the process environment (injected, so that tests control it)
  bool interpolate = true;             // false: values stay as written; for load_tree only, load() needs them
  bool resolve_paths = true;           // false: paths in the user's own files stay as written
  // `config --no-env-resolution`: environment stays as written, env files are not read.
  bool resolve_environment = true;
  // `config --no-consistency`: what must hold between the parts of the project (check.h) is not checked.
  bool check_consistency = true;
  // `config --no-normalize`: no implied network `default` and dependencies, no names but the ones written.
  bool normalize = true;
  std::string working_directory;  // where relative paths and the search start; the process's cwd
  // Gives the local copy, an absolute path, of a file that is named "oci://..."; the folder it lies in is
  // what its relative paths start from. What it throws is told at the place that names the file. Without it
  // such files are refused.
  std::function<std::string(const std::string& reference)> fetch_remote{};
};

// The merged files behind a Project, in canonical form: what they say attribute for attribute, with places.
struct Document {
  Node root;
  std::shared_ptr<const Report> report;  // owns the sources that the places in `root` point into
};

struct LoadResult {
  Project project;
  std::vector<Diagnostic> warnings;
  std::shared_ptr<const Document> document;
};

// Throws LoadError with every error found.
LoadResult load(const LoadOptions& options);

// The merged files with variables as they are written (`config --no-interpolate`, `--variables`): names and
// the shape of things are checked, values are not. Throws LoadError.
struct WrittenProject {
  Document document;
  std::vector<Diagnostic> warnings;
};
WrittenProject load_as_written(const LoadOptions& options);

// What in the files lies outside of the file format 3.x, which docker-compose 1.x and `docker stack deploy`
// read: a warning each. Files that are included or extended are not looked at. Throws LoadError.
std::vector<Diagnostic> outside_version_3(const LoadOptions& options);

// Only the project's name and folder, for commands that work from labels alone (`down` without a file): never
// throws for a missing file when `project_name` or COMPOSE_PROJECT_NAME is given. Throws LoadError else.
std::string project_name(const LoadOptions& options);

// The environment seen by the tool itself: the process's, then .env or --env-file (COMPOSE_* set there
// configure the tool). Throws LoadError.
StringMap tool_environment(const LoadOptions& options);

// Canonical YAML or JSON of a project in docker compose v2's shape and key order (`compose config`). `$` is
// escaped as `$$`. The output loads to the same project.
std::string to_yaml(const Project& project);
std::string to_json(const Project& project);
// The same of merged files, the keys of every map in order.
std::string to_yaml(const Document& document);
std::string to_json(const Document& document);

// Closest of `candidates` to `word` for a did-you-mean: equal but for case, or Damerau-Levenshtein distance
// at most max(1, size/3). Empty when none is close.
std::string closest(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace parser
