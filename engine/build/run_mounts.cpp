// RUN --mount.
#include <algorithm>
#include <set>

#include "engine/build/field_digest.h"
#include "engine/build/held_mounts.h"
#include "engine/build/paths.h"
#include "engine/build/solver.h"
#include "engine/error.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine::build {
namespace {

using Type = MountFlag::Type;

constexpr uint32_t kCacheMode = 0755, kSecretMode = 0400, kSocketMode = 0600;
constexpr const char* kSecretFolder = "/run/secrets/";
constexpr const char* kAgentPath = "/run/buildkit/ssh_agent.";
constexpr const char* kCopied = "/mount";  // where a copy from the context lies in its draft

[[noreturn]] void fail_mount(const Instruction& step, const std::string& text, const std::string& message) {
  fail_at(step.place, "RUN --mount=" + text + ": " + message);
}

// A path is no pattern here.
std::string literal(const std::string& path) {
  std::string text;
  for (const char c : path) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') text += '\\';
    text += c;
  }
  return text;
}

bool is_below(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder == "/" ? folder : folder + "/");
}

std::string secret_file(const std::string& path, const std::string& id) {
  try {
    return sys::read_file(path);
  } catch (const sys::Error& error) {
    throw Error(Error::Kind::kInvalid, "the secret '" + id + "' cannot be read: " + error.what());
  }
}

// A tree of `plan` copied below `folder`, an empty folder that exists, as its entry `name`.
void copy_tree(const std::shared_ptr<CopySource>& source, const std::vector<CopySource::Item>& items,
               const std::string& folder, const std::string& name) {
  LayerWriter writer(folder, {});
  CopyOptions options;
  options.destination = "/" + name;
  copy_items({{source, items}}, {}, options, writer, "");
}

}  // namespace

std::vector<Solver::MountPlan> Solver::plan_mounts(const Instruction& step, const Run& run,
                                                   const StageWork& work, const Expander& expand) {
  std::vector<MountPlan> plans;
  for (const std::string& text : run.flags.mounts) {
    try {
      plans.push_back(plan_mount(step, text, work, expand));
    } catch (const Error& error) {
      const std::string what = error.what();
      if (what.starts_with(step.place.to_string() + ": ")) throw;
      fail_mount(step, text, what);
    } catch (const sys::Error& error) {
      fail_mount(step, text, error.what());
    }
  }
  return plans;
}

Solver::MountPlan Solver::plan_mount(const Instruction& step, const std::string& text, const StageWork& work,
                                     const Expander& expand) {
  MountPlan plan;
  plan.text = text;
  plan.flag =
      parse_mount(text, step.place, [&](const std::string& value) { return expand.word(value, step.place); });
  MountFlag& flag = plan.flag;
  if (flag.type == Type::kSecret) {
    if (flag.id.empty()) flag.id = base_name(flag.target);
    if (flag.target.empty() && !flag.env) flag.target = kSecretFolder + flag.id;
    if (flag.env && flag.env->empty()) flag.env = flag.id;
  }
  if (flag.type == Type::kSsh && flag.id.empty()) flag.id = "default";
  if (!flag.target.empty()) flag.target = path_below(work.state.config.working_dir, flag.target);
  for (const char* folder : {"/proc", "/sys", "/dev"}) {
    if (is_below(flag.target, folder) && !is_below(flag.target, "/dev/shm"))
      fail_mount(step, text, "nothing can be mounted at " + flag.target);
  }
  if (flag.target == "/") fail_mount(step, text, "nothing can be mounted at /");
  if (flag.type == Type::kCache && flag.id.empty()) flag.id = flag.target;
  FieldDigest digest;
  digest.add(flag.target).add(static_cast<uint64_t>(flag.type)).add(flag.read_only.value_or(false) ? 1 : 0);
  const bool has_source = flag.type == Type::kBind || (flag.type == Type::kCache && !flag.from.empty());
  if (has_source) {
    Copy copy;
    copy.from = flag.from;
    std::string identity;
    plan.source = copy_source(step, copy, work.planned.index, identity);
    const std::string pattern = literal(flag.source.empty() ? "/" : flag.source);
    plan.items = plan.source->find(pattern);
    digest.add(digest_items({plan.source, plan.items}, {}, identity, pattern));
  }
  plan.digest = digest.hex();
  return plan;
}

Solver::HeldMounts Solver::hold_mounts(const Instruction& step, const std::vector<MountPlan>& plans,
                                       RunRequest& run) {
  HeldMounts held{CacheMounts(cache_root_, [this, &step] { check_stopped(step); }), {}, {}, {}};
  hold_caches(step, plans, held);
  int sockets = 0;
  for (const MountPlan& plan : plans) {
    const MountFlag& flag = plan.flag;
    RunMount mount;
    mount.target = flag.target;
    if (flag.type == Type::kSecret) {
      add_secret(step, plan, run);
      continue;
    }
    if (flag.type == Type::kSsh) {
      add_ssh(step, plan, run, sockets++);
      continue;
    }
    if (flag.type == Type::kTmpfs) {
      mount.type = RunMount::Type::kTmpfs;
      mount.size = flag.size;
    } else if (flag.type == Type::kCache) {
      mount.source = held.cache_folders.at(plan.digest);
      mount.read_only = flag.read_only.value_or(false);
    } else {
      mount.type = RunMount::Type::kLayers;
      mount.read_only = flag.read_only.value_or(true);
      if (plan.source->is_context()) {
        held.contexts.push_back(context_copy(plan));
        mount.layers = {held.contexts.back()->diff()};
        mount.source = kCopied;
      } else {
        mount.layers = plan.source->view().layers();
        mount.source = plan.items[0].node.path;
      }
      if (!held.scratch) held.scratch.emplace(store_.new_draft());
      mount.scratch = held.scratch->diff() + "/" + std::to_string(run.mounts.size());
      sys::make_dirs(mount.scratch, 0700);
    }
    run.mounts.push_back(std::move(mount));
  }
  std::stable_sort(run.mounts.begin(), run.mounts.end(), [](const RunMount& a, const RunMount& b) {
    return std::count(a.target.begin(), a.target.end(), '/') <
           std::count(b.target.begin(), b.target.end(), '/');
  });
  return held;
}

// What .dockerignore hides must not be seen through a mount either, and what a step sees has to be what its
// key says: so it is a copy.
std::shared_ptr<ImageStore::Draft> Solver::context_copy(const MountPlan& plan) {
  const std::lock_guard<std::mutex> lock(copies_mutex_);
  auto& copy = context_copies_[plan.digest];
  if (!copy) {
    auto draft = std::make_shared<ImageStore::Draft>(store_.new_draft());
    copy_tree(plan.source, plan.items, draft->diff(), kCopied + 1);
    copy = std::move(draft);
  }
  return copy;
}

void Solver::hold_caches(const Instruction& step, const std::vector<MountPlan>& plans, HeldMounts& held) {
  std::map<std::string, CacheWish> wishes;  // by digest of the cache
  std::map<std::string, std::string> cache_of;
  for (const MountPlan& plan : plans) {
    const MountFlag& flag = plan.flag;
    if (flag.type != Type::kCache) continue;
    CacheWish wish;
    wish.uid = flag.uid.value_or(0);
    wish.gid = flag.gid.value_or(0);
    wish.mode = flag.mode.value_or(kCacheMode);
    wish.sharing = flag.sharing;
    wish.name = "id " + flag.id + ", first asked for by " + step.place.to_string();
    FieldDigest digest;
    digest.add(flag.id).add(wish.uid).add(wish.gid).add(wish.mode);
    if (plan.source) {
      digest.add(plan.digest);
      wish.fill = [source = plan.source, items = plan.items](const std::string& parent) {
        if (!items[0].node.is_dir())
          throw Error(Error::Kind::kInvalid, "'" + items[0].node.path + "' is no folder, as a cache must be");
        copy_tree(source, items, parent, "data");
      };
    }
    wish.digest = digest.hex();
    cache_of[plan.digest] = wish.digest;
    auto& known = wishes[wish.digest];
    // Asked for twice by one step: the stricter word counts.
    if (!known.digest.empty()) wish.sharing = std::max(wish.sharing, known.sharing);
    known = std::move(wish);
  }
  const std::map<std::string, std::string> folders = held.caches.hold(std::move(wishes));
  for (const auto& [plan, cache] : cache_of) held.cache_folders[plan] = folders.at(cache);
}

void Solver::add_secret(const Instruction& step, const MountPlan& plan, RunRequest& run) {
  const MountFlag& flag = plan.flag;
  const auto secret = request_.secrets.find(flag.id);
  if (secret == request_.secrets.end()) {
    if (!flag.required) return;
    fail_mount(step, plan.text,
               "the build has no secret '" + flag.id + "'; give it one: build.secrets in the Compose file");
  }
  const BuildSecret& where = secret->second;
  std::string content;
  try {
    content = where.file.empty() ? where.value : secret_file(where.file, flag.id);
  } catch (const Error& error) {
    fail_mount(step, plan.text, error.what());
  }
  if (flag.env) env_set(run.env, *flag.env, content);
  if (flag.target.empty()) return;
  RunMount mount;
  mount.type = RunMount::Type::kFile;
  mount.target = flag.target;
  mount.read_only = true;
  mount.content = std::move(content);
  mount.uid = flag.uid.value_or(0);
  mount.gid = flag.gid.value_or(0);
  mount.mode = flag.mode.value_or(kSecretMode);
  run.mounts.push_back(std::move(mount));
}

void Solver::add_ssh(const Instruction& step, const MountPlan& plan, RunRequest& run, int number) {
  const MountFlag& flag = plan.flag;
  const auto agents = request_.ssh.find(flag.id);
  if (agents == request_.ssh.end()) {
    if (!flag.required) return;
    fail_mount(step, plan.text,
               "the build has no ssh agent '" + flag.id +
                   "'; give it one: build.ssh in the Compose file, or --ssh " + flag.id);
  }
  RunMount mount;
  mount.type = RunMount::Type::kSsh;
  mount.target = flag.target.empty() ? kAgentPath + std::to_string(number) : flag.target;
  mount.agents = agents->second;
  mount.uid = flag.uid.value_or(0);
  mount.gid = flag.gid.value_or(0);
  mount.mode = flag.mode.value_or(kSocketMode);
  if (number == 0 && !env_get(run.env, "SSH_AUTH_SOCK")) env_set(run.env, "SSH_AUTH_SOCK", mount.target);
  run.mounts.push_back(std::move(mount));
}

}  // namespace engine::build
