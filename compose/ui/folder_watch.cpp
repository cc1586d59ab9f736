#include "compose/ui/folder_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>

#include "sys/error.h"

namespace compose::ui {

FolderWatch::FolderWatch()
    : fd_(sys::check(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK), "inotify_init1",
                     "user limit of inotify instances")) {}

void FolderWatch::add(const std::string& folder) {
  const int watch = ::inotify_add_watch(
      fd_.get(), folder.c_str(),
      IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_ONLYDIR);
  if (watch < 0 && errno != ENOENT) sys::fail("inotify_add_watch", folder);
  if (watch >= 0) folders_[watch] = folder;
}

FolderWatch::Changes FolderWatch::take() {
  Changes changes;
  alignas(inotify_event) char buffer[16 * 1024];
  for (;;) {
    const ssize_t n = ::read(fd_.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return changes;
    sys::check(n, "read", "inotify");
    for (ssize_t at = 0; at < n;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      if ((event->mask & IN_Q_OVERFLOW) != 0) {
        for (const auto& [watch, folder] : folders_) {
          changes.written.insert(folder);
          changes.renamed[folder];
        }
        continue;
      }
      const auto folder = folders_.find(event->wd);
      if (folder == folders_.end()) continue;
      if ((event->mask & IN_MODIFY) != 0) {
        changes.written.insert(folder->second);
      } else {
        auto& names = changes.renamed[folder->second];
        if (event->len > 0) names.insert(event->name);
      }
      if ((event->mask & IN_IGNORED) != 0) folders_.erase(folder);
    }
  }
}

}  // namespace compose::ui
