#include <stdlib.h>

#include <filesystem>
#include <mutex>
#include <optional>

#include "compose/cli/arguments.h"
#include "compose/cli/build_flags.h"
#include "compose/cli/failure.h"
#include "compose/cli/image/subcommands.h"
#include "compose/cli/image_rows.h"
#include "compose/cli/name_values.h"
#include "compose/cli/session.h"
#include "compose/cli/signals.h"
#include "compose/execute/build_progress.h"
#include "compose/execute/progress_text.h"
#include "engine/container/resource_limits.h"
#include "parser/remote_context.h"
#include "sys/fd.h"
#include "sys/file.h"

namespace compose::cli {
namespace {

namespace fs = std::filesystem;

// The context of a Dockerfile that comes alone: nothing.
class EmptyFolder {
 public:
  EmptyFolder() : path_((fs::temp_directory_path() / "compose-build-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) throw CommandError("cannot make a folder in " + path_);
  }
  ~EmptyFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  EmptyFolder(const EmptyFolder&) = delete;
  EmptyFolder& operator=(const EmptyFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct Flags {
  Words build_args, labels, tags, contexts, secrets, ssh, hosts, ulimits, allow, no_cache_filter;
  std::string dockerfile, target, network, memory, shm_size, id_file, platform;
  bool no_cache = false, pull = false, quiet = false, check = false, push = false, load = true;
};

void declare(Arguments& arguments, Flags& flags) {
  arguments.list("--add-host", flags.hosts, "NAME:ADDRESS for /etc/hosts of RUN");
  arguments.list("--allow", flags.allow, "What RUN may have: network.host, security.insecure");
  arguments.list("--build-arg", flags.build_args,
                 "NAME=VALUE for the Dockerfile's ARG; NAME alone takes the environment's");
  arguments.list("--build-context", flags.contexts,
                 "NAME=FOLDER or NAME=docker-image://IMAGE for FROM and COPY");
  arguments.flag("--check", flags.check, "Only check the Dockerfile; exit code 1 when there are warnings");
  arguments.option("-f,--file", flags.dockerfile,
                   "The Dockerfile, - is standard input; CONTEXT/Dockerfile without");
  arguments.option("--iidfile", flags.id_file, "File to write the image's id to");
  arguments.list("--label", flags.labels, "NAME=VALUE for the image");
  arguments.flag("--load", flags.load, "Keep the image in the store, as is done anyway");
  arguments.option("-m,--memory", flags.memory, "Most memory that each RUN may use");
  arguments.option("--network", flags.network, "Network of RUN: default, none or host");
  arguments.flag("--no-cache", flags.no_cache, "Run every step anew");
  arguments.list("--no-cache-filter", flags.no_cache_filter, "Stage whose steps are run anew (repeatable)");
  arguments.option("--platform", flags.platform, "What to build for; it must be this machine's");
  arguments.flag("--pull", flags.pull, "Look for newer versions of the images that are built upon");
  arguments.flag("--push", flags.push, "Send the image to its registry");
  arguments.flag("-q,--quiet", flags.quiet, "Print nothing but the image's id");
  arguments.list("--secret", flags.secrets, "id=ID[,src=FILE|,env=VARIABLE] for RUN --mount=type=secret");
  arguments.option("--shm-size", flags.shm_size, "Size of /dev/shm of RUN: 64m");
  arguments.list("--ssh", flags.ssh, "ssh agent or keys for RUN --mount=type=ssh: 'default', or ID=PATH");
  arguments.list("-t,--tag", flags.tags, "NAME[:TAG] for the image (repeatable)");
  arguments.option("--target", flags.target, "Stage to build; the last one without");
  arguments.list("--ulimit", flags.ulimits, "NAME=SOFT[:HARD] limit of RUN's processes");
  for (const char* name :
       {"--attest", "--builder", "--cache-from", "--cache-to", "--cgroup-parent", "--isolation",
        "--metadata-file", "-o,--output", "--provenance", "--sbom", "--security-opt"})
    arguments.refuse_option(name);
  for (const char* name : {"--compress", "--squash"}) arguments.refuse_flag(name);
}

engine::BuildSecret secret_of(Context& context, const std::string& text, std::string& id) {
  std::string file, variable;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string part = text.substr(begin, end - begin);
    begin = end + 1;
    const size_t equals = std::min(part.find('='), part.size());
    const std::string key = part.substr(0, equals);
    const std::string value = part.substr(std::min(equals + 1, part.size()));
    if (key == "id")
      id = value;
    else if (key == "src" || key == "source")
      file = value;
    else if (key == "env")
      variable = value;
    else if (key != "type" || (value != "file" && value != "env"))
      throw UsageError("invalid --secret '" + text + "': it must be id=ID,src=FILE or id=ID,env=VARIABLE");
  }
  if (id.empty()) throw UsageError("invalid --secret '" + text + "': it lacks id=ID");
  if (!file.empty()) {
    const fs::path path = fs::path(context.working_directory()) / file;
    if (!fs::exists(path)) throw CommandError("--secret " + id + ": there is no file " + path.string());
    return {path.string(), ""};
  }
  const std::string name = variable.empty() ? id : variable;
  const auto value = context.find_variable(name);
  if (!value) throw CommandError("--secret " + id + ": the variable " + name + " is not set");
  return {"", *value};
}

engine::BuildUlimit limit_of(const std::string& text, const std::string& value) {
  const size_t colon = value.find(':');
  engine::BuildUlimit limit;
  limit.soft = whole_number(value.substr(0, colon), "--ulimit " + text);
  limit.hard =
      colon == std::string::npos ? limit.soft : whole_number(value.substr(colon + 1), "--ulimit " + text);
  return limit;
}

engine::BuildSandbox sandbox_of(const Flags& flags) {
  engine::BuildSandbox sandbox;
  if (!flags.network.empty() && flags.network != "default" && flags.network != "none" &&
      flags.network != "host")
    throw CommandError("--network " + flags.network +
                       " is not supported for builds: default, none and host are");
  sandbox.network = flags.network;
  for (const std::string& word : flags.allow) {
    if (word != "network.host" && word != "security.insecure")
      throw CommandError("--allow " + word + " is not supported: network.host and security.insecure are");
    (word == "network.host" ? sandbox.allow_host_network : sandbox.allow_insecure) = true;
  }
  for (std::string host : flags.hosts) {
    const size_t sign = host.find_first_of(":=");
    if (sign == std::string::npos || sign == 0)
      throw UsageError("invalid --add-host '" + host + "': it must be NAME:ADDRESS");
    host[sign] = '=';
    sandbox.extra_hosts.push_back(host);
  }
  sandbox.memory = memory_of(flags.memory);
  sandbox.shm_size = memory_of(flags.shm_size, "--shm-size");
  for (const auto& [name, value] : name_values("--ulimit", flags.ulimits, true)) {
    if (!engine::is_limit_name(name)) throw CommandError("--ulimit: there is no limit \"" + name + "\"");
    sandbox.ulimits[name] = limit_of(name, value);
  }
  return sandbox;
}

void add_ssh(Context& context, engine::BuildRequest& request, const Words& texts) {
  for (const std::string& text : texts) add_ssh_key(request.ssh, text);
  for (auto& [id, paths] : request.ssh) {
    if (!paths.empty()) continue;
    const std::string agent = context.variable("SSH_AUTH_SOCK");
    if (agent.empty())
      throw CommandError("--ssh " + id +
                         " stands for your ssh agent, and SSH_AUTH_SOCK is not set: start one, or "
                         "give a key: " +
                         id + "=PATH");
    paths.push_back(agent);
  }
}

void add_contexts(Context& context, engine::BuildRequest& request, const Words& texts) {
  constexpr std::string_view kImage = "docker-image://";
  for (const auto& [name, where] : name_values("--build-context", texts, true)) {
    if (where.starts_with(kImage)) {
      request.contexts[name] = {engine::NamedContext::Kind::kImage, where.substr(kImage.size())};
    } else if (parser::is_remote_context(where)) {
      throw CommandError("--build-context " + name + ": " + where +
                         " is not supported: give a folder or docker-image://IMAGE");
    } else {
      request.contexts[name] = {engine::NamedContext::Kind::kFolder,
                                (fs::path(context.working_directory()) / where).lexically_normal().string()};
    }
  }
}

// A tar archive, packed or not.
bool is_archive(const std::string& bytes) {
  return (bytes.size() > 262 && bytes.compare(257, 5, "ustar") == 0) || bytes.starts_with("\x1f\x8b") ||
         bytes.starts_with("BZh") ||
         bytes.starts_with(
             "\xfd"
             "7zXZ");
}

// The folder and the Dockerfile. `empty`: made for a Dockerfile that comes alone.
void add_source(Context& context, engine::BuildRequest& request, const Flags& flags, const std::string& where,
                std::optional<EmptyFolder>& empty) {
  const fs::path here = context.working_directory();
  if (where == "-" || flags.dockerfile == "-") {
    if (where == flags.dockerfile)
      throw UsageError("standard input cannot be both the context and the Dockerfile");
    request.dockerfile_inline = sys::read_all(STDIN_FILENO);
    if (is_archive(request.dockerfile_inline))
      throw CommandError("an archive as context is not supported: unpack it and give its folder");
    if (request.dockerfile_inline.empty())
      throw CommandError("standard input has no Dockerfile: it is empty");
  }
  if (where == "-") {
    request.context = empty.emplace().path();
  } else if (parser::is_remote_context(where)) {
    throw CommandError("the context " + where + " is not supported: give a folder of this machine");
  } else {
    const fs::path folder = here / where;
    if (!fs::is_directory(folder)) throw CommandError("the context " + folder.string() + " is no folder");
    request.context = fs::canonical(folder).string();
  }
  request.dockerfile = "Dockerfile";
  if (flags.dockerfile.empty() || flags.dockerfile == "-") return;
  const fs::path file = here / flags.dockerfile;
  if (!fs::exists(file)) throw CommandError("there is no Dockerfile " + file.string());
  request.dockerfile = fs::canonical(file).string();
}

engine::BuildRequest request_of(Context& context, const Flags& flags) {
  engine::BuildRequest request;
  request.args = build_arguments(context, flags.build_args);
  request.labels = name_values("--label", flags.labels, false);
  request.target = flags.target;
  request.tags = flags.tags;
  request.no_cache = flags.no_cache;
  request.no_cache_stages = {flags.no_cache_filter.begin(), flags.no_cache_filter.end()};
  request.pull = flags.pull;
  request.sandbox = sandbox_of(flags);
  add_ssh(context, request, flags.ssh);
  add_contexts(context, request, flags.contexts);
  for (const std::string& text : flags.secrets) {
    std::string id;
    const engine::BuildSecret secret = secret_of(context, text, id);
    request.secrets[id] = secret;
  }
  return request;
}

// Nothing when a signal ended it.
std::optional<std::string> built(Context& context, const engine::BuildRequest& request) {
  const std::string name = "Image " + (request.tags.empty() ? request.context : request.tags.front());
  const Step step{0, name, BuildImage{"", request}, "", {}};
  const Signals signals;
  std::mutex mutex;
  Reporter reporter(context.progress(), mutex);
  BuildProgress progress(step, reporter, signals.first());
  reporter.step_changed(step, StepStatus::kRunning, running_text(step.action));
  try {
    const engine::BuildResult result = context.engine().build(request, progress);
    reporter.step_changed(step, StepStatus::kDone, done_text(step.action));
    context.progress().finish();
    return result.image_id;
  } catch (const engine::Error&) {
    reporter.step_changed(step, signals.first().cancelled() ? StepStatus::kCancelled : StepStatus::kFailed,
                          "Error");
    context.progress().finish();
    if (signals.first().cancelled()) return std::nullopt;
    throw;
  }
}

int check(Context& context, const engine::BuildRequest& request) {
  const engine::CheckReport report = engine::check_build(context.engine().image_store(), request);
  std::string text;
  for (const engine::CheckFinding& finding : report.findings) text += finding_text(finding) + '\n';
  print(text + finding_count(report.findings.size()));
  return report.findings.empty() ? kExitOk : kExitError;
}

}  // namespace

int image_build(Context& context, const Words& args) {
  Flags flags;
  Arguments arguments("image build [OPTIONS] PATH|-",
                      "Build an image from a Dockerfile and the folder it may take files from; - reads a "
                      "Dockerfile that needs none from standard input.");
  declare(arguments, flags);
  arguments.positionals(0, -1, "PATH");
  const Words words = arguments.parse(args);
  if (words.empty())
    throw UsageError("compose image build needs PATH, the folder to build from; . is this one");
  if (words.size() > 1)
    throw UsageError("compose image build takes one PATH, '" + words[1] +
                     "' is too much; the image's name is " + "given with -t: -t " + words[0] + ' ' +
                     words[1]);
  check_own_platform(flags.platform);
  if (flags.push && flags.tags.empty()) throw UsageError("--push needs -t NAME");
  if (!flags.load) throw UsageError("--load=false is not supported: images are kept in the store");
  context.show_builds(!flags.quiet);
  context.show_layers(!flags.quiet);
  if (flags.quiet) context.be_quiet();

  std::optional<EmptyFolder> empty;
  engine::BuildRequest request = request_of(context, flags);
  add_source(context, request, flags, words.front(), empty);
  if (flags.check) return check(context, request);
  context.engine().reconcile();
  const std::optional<std::string> id = built(context, request);
  if (!id) return kExitCancelled;
  if (!flags.id_file.empty())
    sys::write_file_atomic((fs::path(context.working_directory()) / flags.id_file).string(), *id);
  if (flags.quiet)
    print(*id + '\n');
  else if (request.tags.empty())
    tell("Built " + *id + '\n');
  for (const std::string& tag : flags.push ? flags.tags : Words{}) {
    const int code = image_push(context, {tag});
    if (code != kExitOk) return code;
  }
  return kExitOk;
}

}  // namespace compose::cli
