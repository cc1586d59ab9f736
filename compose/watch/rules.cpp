#include "compose/watch/rules.h"

#include <algorithm>
#include <stdexcept>

#include "compose/plan/hooks.h"

namespace compose::watch {
namespace {

using engine::build::IgnoreRules;

// Nobody means these when he names a folder to watch. Editors: vim's swap files and the file 4913, by which
// it tries whether a folder can be written to, Emacs' locks and autosaves, backups, Kate, the IDEs of
// JetBrains; a file of Go's that is there for a moment.
const IgnoreRules& never_meant() {
  static const IgnoreRules rules(std::vector<std::string>{
      "**/.git", "**/.hg", "**/.svn", "**/.bzr", "**/.jj", "**/4913", "**/*~", "**/.*.swp", "**/.*.swo",
      "**/.*.swn", "**/.*.swx", "**/.#*", "**/#*#", "**/.*.kate-swp", "**/.idea", "**/*___jb_old___",
      "**/*___jb_tmp___", "**/*-go-tmp-umask"});
  return rules;
}

Action action_of(const std::string& name) {
  if (name == "rebuild") return Action::kRebuild;
  if (name == "restart") return Action::kRestart;
  if (name == "sync+restart") return Action::kSyncAndRestart;
  if (name == "sync+exec") return Action::kSyncAndExec;
  return Action::kSync;
}

IgnoreRules patterns(const char* attribute, const std::vector<std::string>& written) {
  try {
    return IgnoreRules(written);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(std::string(attribute) + ": " + error.what());
  }
}

std::string without_end(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::string base_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

bool syncs(Action action) {
  return action == Action::kSync || action == Action::kSyncAndRestart || action == Action::kSyncAndExec;
}

std::optional<std::string> below(const std::string& folder, const std::string& path) {
  if (path == folder) return "";
  if (folder == "/") return path.substr(1);
  if (path.size() <= folder.size() || path[folder.size()] != '/' || !path.starts_with(folder))
    return std::nullopt;
  return path.substr(folder.size() + 1);
}

Rule::Rule(const ServiceFiles& service, const parser::Watch& written)
    : service_(service),
      path_(without_end(written.path)),
      target_(written.target),
      action_(action_of(written.action)),
      initial_sync_(written.initial_sync && syncs(action_)),
      ignore_(patterns("ignore", written.ignore)),
      include_(patterns("include", written.include)),
      has_include_(!written.include.empty()) {
  if (written.exec) exec_ = hooks_of({*written.exec}).front();
}

bool Rule::is_bind_mounted(const std::string& path) const {
  return std::any_of(service_.bind_mounts.begin(), service_.bind_mounts.end(),
                     [&](const std::string& source) { return below(source, path).has_value(); });
}

bool Rule::is_mounted() const {
  return syncs(action_) && is_bind_mounted(path_);
}

bool Rule::matches(const std::string& path) const {
  const std::optional<std::string> inner = below(path_, path);
  if (!inner) return false;
  // Of a rule about a file the patterns are asked for its name.
  const std::string name = inner->empty() ? base_of(path) : *inner;
  if (never_meant().excluded(name) || ignore_.excluded(name)) return false;
  if (has_include_ && !inner->empty() && !include_.excluded(name)) return false;
  if (!service_.context.empty()) {
    const auto in_context = below(service_.context, path);
    if (in_context && !in_context->empty() && service_.ignored.excluded(*in_context)) return false;
  }
  return !syncs(action_) || !is_bind_mounted(path);
}

bool Rule::may_match_below(const std::string& folder) const {
  const std::optional<std::string> inner = below(path_, folder);
  if (!inner) return false;
  if (inner->empty()) return true;
  if (never_meant().excluded(*inner) || !ignore_.may_hold_included(*inner)) return false;
  if (!service_.context.empty()) {
    const auto in_context = below(service_.context, folder);
    if (in_context && !in_context->empty() && !service_.ignored.may_hold_included(*in_context)) return false;
  }
  return !syncs(action_) || !is_bind_mounted(folder);
}

std::string Rule::place_of(const std::string& path) const {
  const std::string inner = below(path_, path).value_or("");
  if (!inner.empty()) return target_ + (target_.ends_with('/') ? "" : "/") + inner;
  return target_.ends_with('/') ? target_ + base_of(path) : target_;
}

bool Rule::is_in_context(const std::string& path) const {
  return !service_.context.empty() && below(service_.context, path).has_value();
}

}  // namespace compose::watch
