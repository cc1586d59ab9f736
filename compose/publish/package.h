#pragma once
// A project made ready to be published: the files of its artifact, and what their author should know before
// they go out. Reads files of this machine, changes nothing.
#include <string>
#include <vector>

#include "compose/publish/project_artifact.h"
#include "parser/project.h"
#include "parser/published.h"

namespace compose {

struct Package {
  std::vector<ArtifactFile> files;
  // Each file's path on this machine and what it tells, for review().
  std::vector<std::pair<std::string, parser::PublishedFile>> compose_files;
};

// The project's files in order, then those that are extended, then, with `env_files`, those of env_file.
// Throws PlanError for a project that cannot be published: files that come from standard input or include
// others of this machine, services without an image; parser::LoadError; sys::Error.
Package make_package(const parser::Project& project, bool env_files);

// What the author has to agree to, a question each; `env_files`: as above, which answers one of them.
std::vector<std::string> questions_about(const parser::Project& project, const Package& package,
                                         bool env_files);
// What whoever runs the artifact will miss; a line each.
std::vector<std::string> missing_from(const parser::Project& project);

}  // namespace compose
