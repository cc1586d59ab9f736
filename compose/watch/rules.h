#pragma once
// Which changes of files `watch` acts upon: the rules of develop.watch with what they leave out. Pure.
//
// A rule leaves out what its own `ignore` names, or with `include` all that this does not name; what the
// .dockerignore of the service's build context hides; folders of version control and what editors write
// beside the files they edit. Patterns are those of .dockerignore, and count from the rule's path; the last
// that matches decides, so `!` takes back. A sync leaves out what is bind mounted into the service already.
// Source: Compose Develop Specification; docker compose watch.
#include <optional>
#include <string>
#include <vector>

#include "compose/plan/plan.h"
#include "engine/build/ignore.h"
#include "parser/service.h"

namespace compose::watch {

enum class Action { kRebuild, kSync, kRestart, kSyncAndRestart, kSyncAndExec };
bool syncs(Action action);

// What of a service its rules have to know.
struct ServiceFiles {
  std::string name;
  std::string context;                   // folder of its build context; empty: it has none here
  engine::build::IgnoreRules ignored;    // of the context
  std::vector<std::string> bind_mounts;  // their sources on this machine
};

class Rule {
 public:
  // Throws std::invalid_argument for a pattern that is none: "ignore: bad pattern '[': ...".
  Rule(const ServiceFiles& service, const parser::Watch& written);

  const std::string& service() const { return service_.name; }
  const std::string& path() const { return path_; }
  Action action() const { return action_; }
  const std::optional<Hook>& exec() const { return exec_; }
  bool initial_sync() const { return initial_sync_; }
  const std::string& target() const { return target_; }

  // True when a change of `path`, absolute, is this rule's affair.
  bool matches(const std::string& path) const;
  // False for a folder at or below the rule's path of which nothing is, so that it need not be watched.
  bool may_match_below(const std::string& folder) const;
  // Where a path that matches goes to in the container.
  std::string place_of(const std::string& path) const;
  // True when the whole rule is about what is bind mounted.
  bool is_mounted() const;
  // True when the image is made of the path, as far as can be told from outside.
  bool is_in_context(const std::string& path) const;

 private:
  bool is_bind_mounted(const std::string& path) const;

  ServiceFiles service_;
  std::string path_, target_;
  Action action_;
  std::optional<Hook> exec_;
  bool initial_sync_;
  engine::build::IgnoreRules ignore_, include_;
  bool has_include_;
};

// `path` as seen from `folder`: "" for itself, nothing for what is not below it.
std::optional<std::string> below(const std::string& folder, const std::string& path);

}  // namespace compose::watch
