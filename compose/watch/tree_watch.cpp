#include "compose/watch/tree_watch.h"

#include <dirent.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>

#include "compose/watch/rules.h"
#include "sys/error.h"

namespace compose::watch {
namespace {

constexpr uint32_t kGoes = IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr uint32_t kNames = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;
constexpr uint32_t kAll = kGoes | kNames | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB;

std::string joined(const std::string& folder, const std::string& name) {
  return folder + (folder == "/" ? "" : "/") + name;
}

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string base_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

std::optional<struct stat> status_of(const std::string& path, bool follow) {
  struct stat status {};
  const int result = follow ? ::stat(path.c_str(), &status) : ::lstat(path.c_str(), &status);
  return result == 0 ? std::optional(status) : std::nullopt;
}

// Gone, or of no interest to who may not look at it.
bool is_passed_over(int error) {
  return error == ENOENT || error == ENOTDIR || error == EACCES || error == ELOOP || error == ENAMETOOLONG;
}

}  // namespace

TreeWatch::TreeWatch(std::vector<std::string> roots, Enters enters)
    : roots_(std::move(roots)),
      enters_(std::move(enters)),
      fd_(sys::check(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK), "inotify_init1",
                     "more programs of this user watch files than fs.inotify.max_user_instances allows")) {
  look_at_roots(false);
  changes_.clear();
  starting_ = false;
}

bool TreeWatch::differs(const Seen& a, const Seen& b) {
  if (a.mode != b.mode || a.device != b.device || a.inode != b.inode) return true;
  if (S_ISDIR(a.mode)) return false;  // its time tells of what is in it, which is told by itself
  return a.size != b.size || a.time.tv_sec != b.time.tv_sec || a.time.tv_nsec != b.time.tv_nsec;
}

// -1 when the folder cannot be watched.
int TreeWatch::add_watch(const std::string& folder, uint32_t mask) {
  const int watch = ::inotify_add_watch(fd_.get(), folder.c_str(), mask | IN_MASK_ADD);
  if (watch >= 0) {
    paths_[watch].insert(folder);
    return watch;
  }
  if (is_passed_over(errno)) return -1;
  if (errno != ENOSPC && errno != ENOMEM) sys::fail("inotify_add_watch", folder);
  if (starting_)
    sys::fail("inotify_add_watch",
              folder +
                  " (the limit of watched folders is reached; raise it with `sysctl -w "
                  "fs.inotify.max_user_watches=1048576`, or leave folders out by `ignore`)");
  unwatched_.insert(folder);
  return -1;
}

void TreeWatch::drop_watch(int watch, const std::string& folder) {
  const auto found = paths_.find(watch);
  if (found == paths_.end()) return;
  found->second.erase(folder);
  if (!found->second.empty()) return;
  ::inotify_rm_watch(fd_.get(), watch);
  paths_.erase(found);
}

// Watched before it is looked at: what comes in between is seen twice by us and told once.
void TreeWatch::enter(const std::string& folder) {
  if (folders_.contains(folder)) return look(folder);
  const auto status = status_of(folder, true);
  if (!status) return;
  const int watch = add_watch(folder, kAll);
  if (watch < 0 && !unwatched_.contains(folder)) return;
  folders_[folder] = {watch, status->st_ino, {}};
  look(folder);
}

void TreeWatch::look(const std::string& folder) {
  std::set<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  if (!dir) return;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.insert(name);
  }
  for (const auto& [name, seen] : folders_.at(folder).names) names.insert(name);
  for (const std::string& name : names) look_at(folder, name, false);
}

// `written`: told even when it looks the same, since two writes may have the same time.
void TreeWatch::look_at(const std::string& folder, const std::string& name, bool written) {
  const auto here = folders_.find(folder);
  if (here == folders_.end()) return;
  const std::string path = joined(folder, name);
  std::map<std::string, Seen>& names = here->second.names;
  const auto known = names.find(name);
  const auto status = status_of(path, false);
  if (!status) {
    if (known == names.end()) return;
    names.erase(known);
    note(changes_, path, Change::kWent);
    return forget(path);
  }
  const Seen now{status->st_mode, status->st_dev, status->st_ino, status->st_size, status->st_mtim};
  const bool fresh = known == names.end();
  const bool another = !fresh && (known->second.inode != now.inode || known->second.device != now.device);
  const bool tell = fresh || differs(known->second, now) || (written && !S_ISDIR(now.mode));
  if (another) forget(path);  // a folder that stood here has been replaced
  names[name] = now;
  if (tell) note(changes_, path, fresh ? Change::kCame : Change::kChanged);
  if (S_ISDIR(now.mode) && !folders_.contains(path) && enters_(path)) enter(path);
}

// Tells all that was in it.
void TreeWatch::forget(const std::string& folder) {
  for (auto at = folders_.lower_bound(folder); at != folders_.end();) {
    if (!at->first.starts_with(folder)) break;
    if (!below(folder, at->first)) {
      ++at;
      continue;
    }
    for (const auto& [name, seen] : at->second.names) note(changes_, joined(at->first, name), Change::kWent);
    drop_watch(at->second.watch, at->first);
    at = folders_.erase(at);
  }
}

void TreeWatch::look_at_everything() {
  std::vector<std::string> folders;
  for (const auto& [path, folder] : folders_) folders.push_back(path);
  for (const std::string& folder : folders)
    if (folders_.contains(folder)) look(folder);
  look_at_roots(true);
}

void TreeWatch::look_at_roots(bool written) {
  for (const std::string& root : roots_) look_at_root(root, written);
}

void TreeWatch::look_at_root(const std::string& root, bool written) {
  // Once more when a folder on the way appeared just before its watch was there.
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto status = status_of(root, true);
    const bool is_folder = status && S_ISDIR(status->st_mode);
    watch_above(root, is_folder);
    const auto known = folders_.find(root);
    if (known != folders_.end() && (!is_folder || known->second.inode != status->st_ino)) forget(root);
    if (is_folder) {
      if (files_.erase(root) > 0) note(changes_, root, Change::kWent);
      if (!folders_.contains(root)) enter(root);
    } else if (status) {
      const Seen now{status->st_mode, status->st_dev, status->st_ino, status->st_size, status->st_mtim};
      const auto [file, fresh] = files_.try_emplace(root, now);
      if (fresh || written || differs(file->second, now))
        note(changes_, root, fresh ? Change::kCame : Change::kChanged);
      file->second = now;
    } else if (files_.erase(root) > 0) {
      note(changes_, root, Change::kWent);
    }
    if (status) return;
  }
}

void TreeWatch::watch_above(const std::string& root, bool is_folder) {
  bool lowest = !is_folder;  // the one in which the next name on the way is to come
  for (std::string path = root; path != "/";) {
    const std::string name = base_of(path);
    path = parent_of(path);
    std::set<std::string>& guided = guides_[path];
    guided.insert(name);
    if (folders_.contains(path)) {
      lowest = false;
      continue;
    }
    const bool direct = path == parent_of(root);
    const uint32_t mask = !lowest ? kGoes : direct ? kAll : kGoes | kNames;
    if (add_watch(path, mask) >= 0) lowest = false;
  }
}

// A new folder of that name may be there already, even with the number of the old one.
void TreeWatch::folder_went(const std::string& folder, bool moved) {
  if (!moved && folders_.contains(folder)) {
    forget(folder);
    if (folder != "/") look_at(parent_of(folder), base_of(folder), false);
  }
  const bool is_root = std::find(roots_.begin(), roots_.end(), folder) != roots_.end();
  if (is_root || guides_.contains(folder)) look_at_roots(false);
}

void TreeWatch::heard(uint32_t mask, int watch, const std::string& name) {
  const auto found = paths_.find(watch);
  if (found == paths_.end()) return;
  const std::set<std::string> paths = found->second;
  if ((mask & IN_IGNORED) != 0) paths_.erase(found);
  for (const std::string& folder : paths) {
    const auto guide = guides_.find(folder);
    if ((mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) != 0) {
      folder_went(folder, (mask & IN_MOVE_SELF) != 0);
      continue;
    }
    const bool written = (mask & (IN_MODIFY | IN_MOVED_TO)) != 0;
    if (folders_.contains(folder)) look_at(folder, name, written);
    if (guide == guides_.end() || !guide->second.contains(name)) continue;
    for (const std::string& root : roots_)
      if (below(joined(folder, name), root))
        look_at_root(root, written && root == joined(folder, name) && !folders_.contains(folder));
  }
}

Changes TreeWatch::take() {
  alignas(inotify_event) char buffer[32 * 1024];
  for (;;) {
    const ssize_t n = ::read(fd_.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    sys::check(n, "read", "inotify");
    for (ssize_t at = 0; at < n;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      if ((event->mask & IN_Q_OVERFLOW) != 0) {
        look_at_everything();
      } else {
        heard(event->mask, event->wd, event->len > 0 ? event->name : "");
      }
    }
  }
  Changes changes;
  changes.swap(changes_);
  return changes;
}

std::set<std::string> TreeWatch::present(const std::string& root) const {
  std::set<std::string> found;
  if (files_.contains(root)) found.insert(root);
  for (auto at = folders_.lower_bound(root); at != folders_.end() && at->first.starts_with(root); ++at) {
    if (!below(root, at->first)) continue;
    for (const auto& [name, seen] : at->second.names) found.insert(joined(at->first, name));
  }
  return found;
}

std::vector<std::string> TreeWatch::missing() const {
  std::vector<std::string> roots;
  for (const std::string& root : roots_)
    if (!folders_.contains(root) && !files_.contains(root)) roots.push_back(root);
  return roots;
}

std::vector<std::string> TreeWatch::take_unwatched() {
  std::vector<std::string> folders(unwatched_.begin(), unwatched_.end());
  unwatched_.clear();
  return folders;
}

}  // namespace compose::watch
