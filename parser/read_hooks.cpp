// Commands that run at the turns of a container's life, and what `watch` does on a change of files.
#include "parser/section.h"

namespace parser {

namespace {

Hook read_hook(const Section& section) {
  Hook hook;
  hook.mark = section.node().mark();
  section.words("command", hook.command);
  section.text("image", hook.image);
  section.text("user", hook.user);
  section.flag("privileged", hook.privileged);
  section.text("working_dir", hook.working_dir);
  section.map("environment", hook.environment);
  section.flag("per_replica", hook.per_replica);
  hook.extensions = section.extensions();
  return hook;
}

void require_command(const Section& section, const Hook& hook) {
  if (!hook.command)
    section.require("command", "without 'command'", "it is what is run");
  else if (const Node* given = section.find("command"); hook.command->empty() && given->text.empty())
    section.error_at("command", "is empty", "it is what is run");
}

std::vector<Hook> read_hooks(Reader& reader, const Node& node, const Path& path, bool command_required) {
  std::vector<Hook> hooks;
  for (size_t i = 0; i < node.items.size(); ++i) {
    const Path place = path.index(i);
    const Section section(reader, node.items[i], place);
    hooks.push_back(read_hook(section));
    if (command_required) require_command(section, hooks.back());
  }
  return hooks;
}

Watch read_watch(const Section& section) {
  Watch watch;
  watch.mark = section.node().mark();
  section.require("path", "without 'path', the folder or file to watch");
  section.require("action", "without 'action'", "it is rebuild, sync, restart, sync+restart or sync+exec");
  if (const Node* path = section.find("path"); path != nullptr && path->text.empty())
    section.error_at("path", "is empty", "write a folder or file to watch");
  else
    section.text("path", watch.path);
  section.choice("action", "action", watch.action,
                 {"rebuild", "sync", "restart", "sync+restart", "sync+exec"});
  section.text("target", watch.target);
  section.strings("ignore", watch.ignore);
  section.strings("include", watch.include);
  section.flag("initial_sync", watch.initial_sync);
  section.sub("exec", [&](const Section& exec) {
    watch.exec = read_hook(exec);
    require_command(exec, *watch.exec);
  });
  watch.extensions = section.extensions();
  return watch;
}

// What an action needs, and what it has no use for.
void check_action(const Section& section, const Watch& watch) {
  const bool syncs = watch.action.rfind("sync", 0) == 0;
  const std::string action = "action '" + watch.action + "'";
  if (syncs && watch.target.empty())
    section.require("target", action + " needs a 'target', the path in the container");
  if (watch.action == "sync+exec") section.require("exec", action + " needs 'exec', the command to run");
  if (watch.action.empty()) return;
  if (watch.exec && watch.action != "sync+exec")
    section.warning_at("exec", action + " runs no command", "'exec' goes with 'sync+exec'");
  if (watch.initial_sync && !syncs)
    section.warning_at("initial_sync", action + " does not sync", "remove the line");
}

}  // namespace

void read_pre_start(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  draft.service.pre_start = read_hooks(reader, node, path, false);
}

void read_post_start(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  draft.service.post_start = read_hooks(reader, node, path, true);
}

void read_pre_stop(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  draft.service.pre_stop = read_hooks(reader, node, path, true);
}

void read_develop(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  const Section section(reader, node, path);
  Develop develop;
  section.each("watch", [&](const Section& item) {
    develop.watch.push_back(read_watch(item));
    check_action(item, develop.watch.back());
  });
  develop.extensions = section.extensions();
  draft.service.develop = std::move(develop);
}

}  // namespace parser
