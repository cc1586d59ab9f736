#include "engine/freeze_mark.h"

#include <dirent.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "engine/container/runtime.h"
#include "engine/image/digest.h"
#include "engine/paths.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/process.h"

namespace engine {

namespace {

constexpr size_t kIdDigits = 64;

std::string folder_of(const std::string& run_root) {
  return run_root + "/frozen";
}

}  // namespace

FreezeMark::FreezeMark(const std::string& run_root, const std::string& id, const std::string& cgroup)
    : freezer_(Cgroup(cgroup)) {
  if (freezer_.is_frozen()) return;
  sys::make_dirs(folder_of(run_root), 0700);
  file_ = folder_of(run_root) + '/' + sys::own_name(id + '-');
  // Before the file is there: whenever we are killed, the monitor removes what there is to remove.
  keeper_ = thaw_after_me(Paths{"", run_root}.run_container(id), file_);
  sys::write_file_atomic(file_, cgroup, 0600);
  try {
    freezer_.freeze();
  } catch (const std::exception& error) {
    ::unlink(file_.c_str());
    const auto* gone = dynamic_cast<const sys::Error*>(&error);
    if (gone == nullptr || gone->code() != ENOENT) throw;
    file_.clear();
  }
}

FreezeMark::~FreezeMark() {
  if (file_.empty()) return;
  try {
    freezer_.thaw();
    ::unlink(file_.c_str());
  } catch (const sys::Error& error) {  // the file stays, and a reconcile tries again
    std::fprintf(stderr, "warning: a container stays paused: %s\n", error.what());
  }
}

void FreezeMark::keep() noexcept {
  if (!file_.empty()) ::unlink(file_.c_str());
  file_.clear();
}

std::vector<AbandonedFreeze> abandoned_freezes(const std::string& run_root) {
  std::vector<AbandonedFreeze> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder_of(run_root).c_str()), ::closedir);
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) {
    const std::string name = entry->d_name, id = name.substr(0, kIdDigits);
    if (!is_sha256_hex(id)) continue;
    const auto owner = sys::owner_of_name(name, id + '-');
    if (!owner || sys::is_alive(*owner)) continue;
    const std::string file = folder_of(run_root) + '/' + name;
    if (const auto cgroup = sys::read_file_if_exists(file)) found.push_back({id, *cgroup, file});
  }
  return found;
}

void end_freeze(const AbandonedFreeze& freeze) {
  Freezer(Cgroup(freeze.cgroup)).thaw();
  ::unlink(freeze.file.c_str());
}

}  // namespace engine
