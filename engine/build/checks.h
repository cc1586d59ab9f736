#pragma once
// Build checks: what a Dockerfile may say, but is better not to. The rules have the names that Docker's
// documentation, "Build checks", gives them. `# check=skip=RULE,RULE;error=true` or the build argument
// BUILDKIT_DOCKERFILE_CHECK, which wins, leaves rules out ("all": every one) or lets a build fail that breaks
// one; `experimental=RULE` or "all" asks for those that are off by themselves.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/build/builder.h"
#include "engine/build/dockerfile.h"
#include "engine/build/ignore.h"
#include "engine/image/config.h"

namespace engine {

struct CheckFinding {
  std::string rule;     // "JSONArgsRecommended"
  std::string message;  // one line
  std::string file;
  int line = 0;
  std::string excerpt;  // the source around it; only check_build() fills it in

  std::string to_string() const;  // "Dockerfile:3: JSONArgsRecommended: ..."
};

struct CheckReport {
  std::vector<CheckFinding> findings;  // by line
  bool is_error = false;               // a build with findings is to fail
};

// Reads the Dockerfile as a build does and checks every stage; nothing is built or fetched. Variables are
// only judged in stages whose base image is in the store. Throws engine::Error as build_image() for a file
// that cannot be built.
CheckReport check_build(ImageStore& store, const BuildRequest& request);

namespace build {

// The configuration of an image by its name, when it is known.
using FindConfig = std::function<std::optional<ImageConfig>(const std::string& name)>;
FindConfig stored_config(ImageStore& store);

// Throws engine::Error(kInvalid) for settings that are wrong.
CheckReport check_dockerfile(const Dockerfile& file, const BuildRequest& request, const IgnoreRules& rules,
                             const FindConfig& find_config);

}  // namespace build
}  // namespace engine
