// RUN.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "engine/build/field_digest.h"
#include "engine/build/layer_writer.h"
#include "engine/build/output_tail.h"
#include "engine/build/solver.h"
#include "engine/error.h"
#include "sys/error.h"
#include "sys/random.h"

namespace engine::build {
namespace {

constexpr size_t kTailLines = 20;

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

}  // namespace

Solver::LayerStep Solver::run_step(const Instruction& step, const Run& run, const StageState& state) {
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
  const auto args = state.visible_args();
  for (const auto& [name, value] : args) env_set(request.env, name, value);
  if (!env_get(request.env, "PATH")) env_set(request.env, "PATH", kDefaultPath);
  if (!env_get(request.env, "HOME")) env_set(request.env, "HOME", home_of(request.user, state.view()));

  LayerStep work;
  FieldDigest key;
  key.add("RUN").add(state.chain).add(request.user).add(request.working_dir).add(script);
  key.add(json_words(request.args)).add(json_words(request.env));
  work.key = key.hex();
  RunRequest shown = request;
  if (!script.empty()) shown.args = {script};
  work.created_by = history_text(shown, args);
  // How to reach the network is no part of what a step does.
  for (const std::string& name : proxy_args()) {
    const auto value = args_.get(name);
    if (value && !env_get(request.env, name)) env_set(request.env, name, *value);
  }
  work.make = [this, &step, &state, request, script](ImageStore::Draft& draft) {
    run_command(step, state, request, script, draft);
    return true;
  };
  return work;
}

void Solver::run_command(const Instruction& step, const StageState& state, RunRequest run,
                         const std::string& script, ImageStore::Draft& draft) {
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
  OutputTail tail(kTailLines);
  const auto output = [&](const std::string& bytes) {
    tail.add(bytes);
    observer_.output(bytes);
  };
  const int code = runner_.run(run, output, observer_.cancel_fd());
  if (observer_.cancelled()) {
    throw Error(Error::Kind::kUnavailable, step.place.to_string() + ": the build was cancelled");
  }
  if (code != 0) {
    throw Error(Error::Kind::kInternal, step.place.to_string() + ": [" + std::to_string(number_) + "/" +
                                            std::to_string(plan_.total) + "] " +
                                            step.text.substr(0, step.text.find('\n')) + ": exit code " +
                                            std::to_string(code) + tail.to_text());
  }
  if (script_name.empty()) return;
  const sys::Fd upper = sys::open(draft.diff(), O_RDONLY | O_DIRECTORY);
  if (::unlinkat(upper.get(), script_name.c_str(), 0) != 0 && errno != ENOENT)
    sys::fail("unlink", script_name);
}

}  // namespace engine::build
