#pragma once
// Puts copied objects into a tree that somebody else may change meanwhile. Every folder on the way is held
// open and each name is looked up in one, without following it: whatever is exchanged for a symbolic link
// while copying, nothing lands outside of where the first folder was (CVE-2018-15664).
#include <sys/stat.h>

#include <ctime>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/copy/source_walk.h"
#include "engine/image/layer_xattr.h"
#include "sys/fd.h"

namespace engine {

class TarReader;

struct CopyEntry {
  std::string path;     // relative to the top, without "." and ".."; "": the top itself
  mode_t mode = 0;      // type and permissions
  std::string link;     // of a symbolic link
  std::string same_as;  // a further name of what was made at this path; `mode` counts where it cannot be one
  uid_t uid = 0;
  gid_t gid = 0;
  timespec mtime{};
  int64_t size = 0;
  dev_t device = 0;
  Xattrs xattrs;
  std::optional<std::pair<dev_t, ino_t>> source;  // the file it is copied from
};

// What of an object goes along.
struct CopyPolicy {
  bool keep_owner = false;
  // Otherwise: whose the copies are; unset: the caller's, as the kernel has it for new files.
  std::optional<std::pair<uid_t, gid_t>> owner;
  bool set_id = false;   // set-id bits and capabilities; else a copy has none
  bool devices = false;  // device nodes; else they are left out
};

class TreeSink {
 public:
  // What becomes of the source's top: `name` in `folder`; with an empty name `folder` itself, which must be
  // one then and stays as it is but for what comes into it. `shown` names the top in messages.
  TreeSink(sys::Fd folder, std::string name, std::string shown, const CopyPolicy& policy);
  TreeSink(const TreeSink&) = delete;
  TreeSink& operator=(const TreeSink&) = delete;

  // Asked every few megabytes; ends the copy by throwing.
  std::function<void()> check;
  std::function<void(const std::string& path, const std::string& why)> left_out;
  // Opens the folder that a link at `path` leads to, when an entry lies behind one that was there before;
  // empty: there is none. Unset, and for links that came with the copy: such an entry is refused.
  std::function<sys::Fd(const std::string& path)> follow;

  // Of a tree. Throws engine::Error(kConflict) for a folder in the way of a file or a file in the way of a
  // folder, sys::Error.
  void add(const SourceObject& object);
  // Of a tar, content from `tar`. Folders on the way that no entry made are made. Also throws what the reader
  // throws.
  void add(CopyEntry entry, TarReader& tar);
  // A further name of what is at `same_as`; false when nothing is there, or no link can be made to it.
  bool link(const CopyEntry& entry);
  // Gives the folders their modes, owners and times. To be called once, last.
  void finish();

  int64_t objects() const { return objects_; }
  int64_t bytes() const { return bytes_; }

 private:
  using Content = std::function<void(int file)>;  // fills an empty file
  // A folder that is open, from the top down. Its own mode and time come last: what is made in it needs the
  // one and changes the other.
  struct Level {
    std::string path;
    sys::Fd fd;
    std::optional<CopyEntry> made;
  };

  void put(CopyEntry& entry, const Content& content);
  void restrict(CopyEntry& entry) const;
  std::string shown(const std::string& path) const;
  int parent_of_entry(const std::string& path);  // makes what is missing
  std::string base(const std::string& path) const;
  enum class Wish { kItself, kOnTheWay };  // an entry is the folder, or lies in it
  void descend(const std::string& path, std::optional<CopyEntry> entry, Wish wish);
  sys::Fd folder_behind(int folder, const std::string& name, const std::string& path) const;
  void leave_until(size_t levels);
  sys::Fd open_folder_of(const std::string& path);
  bool put_further_name(const CopyEntry& entry, int folder, const std::string& name);
  void put_file(const CopyEntry& entry, int folder, const std::string& name, const Content& content);
  void put_special(const CopyEntry& entry, int folder, const std::string& name);
  // Takes away what has the name; returns what cannot be, because something is mounted there.
  sys::Fd clear(const CopyEntry& entry, int folder, const std::string& name) const;
  void fill(const CopyEntry& entry, int file, const Content& content);
  void apply(const CopyEntry& entry, int fd) const;

  sys::Fd folder_;
  std::string name_, shown_;
  CopyPolicy policy_;
  std::vector<Level> levels_;
  std::map<std::pair<dev_t, ino_t>, std::string> names_;
  std::set<std::pair<dev_t, ino_t>> links_made_;
  int64_t objects_ = 0, bytes_ = 0;
};

}  // namespace engine
