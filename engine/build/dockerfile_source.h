#pragma once
// The text of a Dockerfile and its .dockerignore, as a build request names them. Both belong to whoever made
// the context: only a regular file of a sane size is read, so that a pipe or /dev/zero behind a link stops
// nothing.
#include <string>

#include "engine/build/builder.h"
#include "engine/build/ignore.h"

namespace engine::build {

struct DockerfileSource {
  std::string text;
  std::string name;  // for messages
  std::string path;  // empty: inline
};

// Throws engine::Error: kNotFound when there is no such file, kInvalid when it cannot be read.
DockerfileSource read_dockerfile(const BuildRequest& request);

// Of the file beside the Dockerfile, which wins, or of the context's. Throws engine::Error(kInvalid).
IgnoreRules read_ignore_rules(const BuildRequest& request, const DockerfileSource& source);

// Of a further context, whose own .dockerignore counts.
IgnoreRules read_ignore_rules_of(const std::string& folder);

// The lines around `line`, which is marked together with those that continue it; each begins with a newline.
std::string excerpt(const std::string& text, size_t line, char escape);

}  // namespace engine::build
