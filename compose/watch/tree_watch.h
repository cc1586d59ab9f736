#pragma once
// Files and whole folders watched for changes, whatever is made, moved or removed in them (inotify(7)).
//
// What is there is remembered: name, kind, size, time. So a new folder's files are told even when they were
// there before it could be watched, a folder that goes is told with all that was in it, and after an overflow
// of the kernel's queue a look at everything tells what was missed. Symbolic links are not followed; they are
// told when they change themselves. What this user may not read is passed over.
//
// A root that is not there yet, or goes, is waited for: of the folders above it those that could be moved or
// removed are watched for that, and the lowest that is there for names that come.
#include <sys/stat.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "compose/watch/changes.h"
#include "sys/fd.h"

namespace compose::watch {

// Not thread-safe.
class TreeWatch {
 public:
  // False for a folder below a root that need not be watched.
  using Enters = std::function<bool(const std::string& folder)>;

  // `roots` are absolute. Throws sys::Error, with a way out where the user's limit of watches is reached.
  TreeWatch(std::vector<std::string> roots, Enters enters);

  // What came, changed or went since the last call; never blocks. A root is among it only when it is a file.
  // Throws sys::Error.
  Changes take();
  int fd() const { return fd_.get(); }  // readable when there is something to take

  // What there is at or below `root`, as last seen: files, links and folders, but not a folder `root` itself.
  std::set<std::string> present(const std::string& root) const;
  // Roots that are not there.
  std::vector<std::string> missing() const;
  // Changes in these folders cannot be told, as the limit of watches was reached after the start. Each once.
  std::vector<std::string> take_unwatched();

 private:
  struct Seen {
    mode_t mode = 0;
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    timespec time{};
  };
  struct Folder {
    int watch = -1;
    ino_t inode = 0;
    std::map<std::string, Seen> names;
  };
  static bool differs(const Seen& a, const Seen& b);
  int add_watch(const std::string& folder, uint32_t mask);
  void drop_watch(int watch, const std::string& folder);
  void enter(const std::string& folder);
  void look(const std::string& folder);
  void look_at(const std::string& folder, const std::string& name, bool written);
  void forget(const std::string& folder);
  void look_at_everything();
  void look_at_roots(bool written);
  void look_at_root(const std::string& root, bool written);
  void watch_above(const std::string& root, bool is_folder);
  void folder_went(const std::string& folder, bool moved);
  void heard(uint32_t mask, int watch, const std::string& name);

  std::vector<std::string> roots_;
  Enters enters_;
  sys::Fd fd_;
  std::map<std::string, Folder> folders_;                // by path: a folder comes before what it holds
  std::map<std::string, Seen> files_;                    // roots that are files
  std::map<std::string, std::set<std::string>> guides_;  // folders above roots: names on the way to one
  std::map<int, std::set<std::string>> paths_;           // by watch: bind mounts give a folder two
  Changes changes_;
  std::set<std::string> unwatched_;
  bool starting_ = true;
};

}  // namespace compose::watch
