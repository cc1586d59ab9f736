#pragma once
// Build arguments and the values every build has.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace engine::build {

inline constexpr const char* kDefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// This machine as images name it: "linux/amd64", "linux/arm64".
std::string own_platform();
// True for spellings of this machine: "linux", "amd64", "linux/x86_64", "linux/arm64/v8".
bool is_own_platform(const std::string& platform);
// The build argument with settings for the build checks (checks.h).
inline constexpr const char* kCheckArgument = "BUILDKIT_DOCKERFILE_CHECK";

// BUILDPLATFORM, TARGETARCH and the like (the Dockerfile reference, "Automatic platform ARGs in the global
// scope").
const std::map<std::string, std::string>& platform_args();
// HTTP_PROXY and the others that need no ARG.
const std::set<std::string>& proxy_args();

// The --build-arg values of a build; remembers which were asked for.
class BuildArgs {
 public:
  explicit BuildArgs(const std::map<std::string, std::optional<std::string>>& args) : args_(args) {}
  std::optional<std::string> get(const std::string& name);
  // Given, but never asked for, and neither a proxy nor kCheckArgument.
  std::vector<std::string> unused() const;

 private:
  const std::map<std::string, std::optional<std::string>>& args_;
  std::set<std::string> used_;
};

// Lists of "KEY=value", as images keep their environment.
std::optional<std::string> env_get(const std::vector<std::string>& env, const std::string& key);
void env_set(std::vector<std::string>& env, const std::string& key, const std::string& value);

}  // namespace engine::build
