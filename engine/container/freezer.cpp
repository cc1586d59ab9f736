#include "engine/container/freezer.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "engine/error.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine {

namespace {

constexpr int kPatienceMs = 10'000;

}  // namespace

Freezer::Freezer(const Cgroup& cgroup) {
  const CgroupHierarchy* hierarchy = find(cgroup);
  if (hierarchy == nullptr) {
    throw Error(
        Error::Kind::kUnavailable,
        "containers cannot be paused: this host has neither the cgroup controller freezer nor cgroup v2 "
        "mounted");
  }
  folder_ = cgroup.folder(*hierarchy);
  v2_ = hierarchy->v2;
}

bool Freezer::is_on_this_host(const Cgroup& cgroup) {
  return find(cgroup) != nullptr;
}

const CgroupHierarchy* Freezer::find(const Cgroup& cgroup) {
  const CgroupHierarchy* found = nullptr;
  for (const CgroupHierarchy& hierarchy : cgroup.hierarchies()) {
    const auto& names = hierarchy.controllers;
    if (std::find(names.begin(), names.end(), "freezer") != names.end()) return &hierarchy;
    if (hierarchy.v2 && found == nullptr) found = &hierarchy;
  }
  return found;
}

void Freezer::ask(bool frozen) const {
  if (v2_) {
    sys::write_knob(folder_ + "/cgroup.freeze", frozen ? "1" : "0");
  } else {
    sys::write_knob(folder_ + "/freezer.state", frozen ? "FROZEN" : "THAWED");
  }
}

bool Freezer::is_frozen() const {
  const auto text = sys::read_file_if_exists(folder_ + (v2_ ? "/cgroup.freeze" : "/freezer.state"));
  return text && (v2_ ? text->starts_with('1') : !text->starts_with("THAWED"));
}

bool Freezer::stands_still() const {
  if (v2_) return sys::read_file(folder_ + "/cgroup.events").find("frozen 1") != std::string::npos;
  return sys::read_file(folder_ + "/freezer.state").starts_with("FROZEN");
}

void Freezer::freeze() const {
  ask(true);
  for (int waited = 0; !stands_still(); ++waited) {
    if (waited >= kPatienceMs) {
      ask(false);
      throw Error(Error::Kind::kUnavailable,
                  "a process inside cannot be halted, it may be waiting for a disk or a network file system");
    }
    ::poll(nullptr, 0, 1);
    if (!v2_) ask(true);  // a task that was forked meanwhile is caught by being asked for again only
  }
}

void Freezer::thaw() const {
  try {
    ask(false);
  } catch (const sys::Error& error) {
    if (error.code() != ENOENT) throw;
  }
}

}  // namespace engine
