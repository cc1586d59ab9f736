// RUN.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "engine/build/field_digest.h"
#include "engine/build/held_mounts.h"
#include "engine/build/layer_writer.h"
#include "engine/build/mount_stubs.h"
#include "engine/build/output_tail.h"
#include "engine/build/solver.h"
#include "engine/error.h"
#include "sys/error.h"
#include "sys/random.h"

namespace engine::build {
namespace {

constexpr size_t kTailLines = 20;

// What the runtime mounts into every container.
constexpr const char* kSystemTargets[] = {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf",
                                          "/proc",      "/sys",          "/dev"};

// A lone here-document is a script: for the shell, or for the program that its "#!" names.
bool is_script(const Run& run) {
  return run.command.shell_form && run.heredocs.size() == 1 && run.command.words[0].starts_with("<<") &&
         raw_words(run.command.words[0], '\0').size() == 1;
}

// The command line with its here-documents, for the shell to read.
std::string with_heredocs(const Run& run) {
  std::string text = run.command.words[0];
  for (const Heredoc& doc : run.heredocs) text += "\n" + doc.content + doc.name;
  if (!run.heredocs.empty()) text += "\n";
  return text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// "RUN |1 version=3 /bin/sh -c make": the arguments with their number first, as Docker has it.
std::string history_text(const RunRequest& run, const std::map<std::string, std::string>& args) {
  std::string text = "RUN ";
  if (!args.empty()) text += "|" + std::to_string(args.size()) + " ";
  for (const auto& [name, value] : args) text += name + "=" + value + " ";
  return text + joined(run.args);
}

// What the step may do beyond others, and whether the build allows it.
void apply_rights(const Run& run, const Instruction& step, const BuildSandbox& sandbox, RunRequest& request) {
  request.sandbox = sandbox;
  request.network = run.flags.network;
  if (request.network == "default" && !sandbox.network.empty()) request.network = sandbox.network;
  request.insecure = run.flags.security == "insecure";
  if (run.flags.network == "host" && sandbox.network != "host" && !sandbox.allow_host_network) {
    fail_at(step.place,
            "RUN --network=host needs the entitlement network.host; in the Compose file: "
            "build.entitlements: [network.host]");
  }
  if (request.insecure && !sandbox.allow_insecure) {
    fail_at(step.place,
            "RUN --security=insecure needs the entitlement security.insecure; in the Compose file: "
            "build.privileged: true, or build.entitlements: [security.insecure]");
  }
}

}  // namespace

Solver::LayerStep Solver::run_step(const Instruction& step, const Run& run, const StageWork& stage,
                                   const Expander& expand) {
  const StageState& state = stage.state;
  if (state.lower_dirs.empty()) {
    fail_at(step.place, "RUN has nothing to run: the stage is still empty (FROM scratch)");
  }
  RunRequest request;
  std::string script;
  if (is_script(run)) {
    const std::string& content = run.heredocs[0].content;
    if (content.starts_with("#!")) {
      script = content;
    } else {
      request.args = state.argv({content}, true);
    }
  } else if (run.command.shell_form) {
    request.args = state.argv({with_heredocs(run)}, true);
  } else {
    request.args = run.command.words;
  }
  request.lower_dirs = state.lower_dirs;
  request.env = state.config.env;
  request.user = state.config.user;
  request.working_dir = state.config.working_dir.empty() ? "/" : state.config.working_dir;
  apply_rights(run, step, request_.sandbox, request);
  const auto args = state.visible_args();
  for (const auto& [name, value] : args) env_set(request.env, name, value);
  if (!env_get(request.env, "PATH")) env_set(request.env, "PATH", kDefaultPath);
  if (!env_get(request.env, "HOME")) env_set(request.env, "HOME", home_of(request.user, state.view()));

  LayerStep work;
  FieldDigest key;
  key.add("RUN").add(state.chain).add(request.user).add(request.working_dir).add(script);
  key.add(json_words(request.args)).add(json_words(request.env));
  if (run.flags.network != "default") key.add("network").add(run.flags.network);
  if (request.insecure) key.add("insecure");
  const std::vector<MountPlan> mounts = plan_mounts(step, run, stage, expand);
  for (const MountPlan& mount : mounts) key.add("mount").add(mount.digest);
  work.key = key.hex();
  RunRequest shown = request;
  if (!script.empty()) shown.args = {script};
  work.created_by = history_text(shown, args);
  // How to reach the network is no part of what a step does.
  for (const std::string& name : proxy_args()) {
    const std::lock_guard<std::mutex> lock(args_mutex_);
    const auto value = args_.get(name);
    if (value && !env_get(request.env, name)) env_set(request.env, name, *value);
  }
  work.make = [this, &step, &stage, request, script, mounts](ImageStore::Draft& draft) {
    RunRequest run_request = request;
    const HeldMounts held = hold_mounts(step, mounts, run_request);
    run_command(step, stage, std::move(run_request), script, draft);
    return true;
  };
  return work;
}

void Solver::run_command(const Instruction& step, const StageWork& work, RunRequest run,
                         const std::string& script, ImageStore::Draft& draft) {
  const StageState& state = work.state;
  run.upper_dir = draft.diff();
  run.work_dir = draft.work();
  std::string script_name;
  {
    LayerWriter writer(draft.diff(), state.lower_dirs);
    if (!script.empty()) {
      script_name = ".script-" + sys::random_hex(16);
      writer.put_bytes(writer.view().root(), script_name, script, Metadata{});
      run.args = {"/" + script_name};
    }
    writer.finish();
  }
  std::vector<std::string> targets(std::begin(kSystemTargets), std::end(kSystemTargets));
  for (const RunMount& mount : run.mounts) targets.push_back(mount.target);
  const MountStubs stubs(draft.diff(), state.lower_dirs, targets);
  OutputTail tail(kTailLines);
  const auto output = [&](const std::string& bytes) {
    tail.add(bytes);
    const std::lock_guard<std::mutex> lock(observer_mutex_);
    observer_.output(work.step, bytes);
  };
  const int code = runner_.run(run, output, stop_.fd());
  if (stop_.stopped()) {
    throw Error(Error::Kind::kUnavailable, step.place.to_string() + ": the build was cancelled");
  }
  if (code != 0) {
    throw Error(Error::Kind::kInternal, step.place.to_string() + ": " + work.step.tag() + " " +
                                            work.step.instruction + ": exit code " + std::to_string(code) +
                                            tail.to_text());
  }
  stubs.remove();
  if (script_name.empty()) return;
  const sys::Fd upper = sys::open(draft.diff(), O_RDONLY | O_DIRECTORY);
  if (::unlinkat(upper.get(), script_name.c_str(), 0) != 0 && errno != ENOENT)
    sys::fail("unlink", script_name);
}

}  // namespace engine::build
