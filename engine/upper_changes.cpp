#include "engine/upper_changes.h"

#include <fcntl.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/image/entry_path.h"
#include "engine/upper_walk.h"

namespace engine {

namespace {

using build::LayeredView;

bool is_same_time(const timespec& a, const timespec& b) {
  // Archives carry whole seconds.
  return a.tv_sec == b.tv_sec && (a.tv_nsec == b.tv_nsec || a.tv_nsec == 0 || b.tv_nsec == 0);
}

bool differs(const struct stat& a, const struct stat& b) {
  if (a.st_mode != b.st_mode || a.st_uid != b.st_uid || a.st_gid != b.st_gid || a.st_rdev != b.st_rdev)
    return true;
  // A folder's size and time only say that something below came or went.
  return !S_ISDIR(a.st_mode) && (a.st_size != b.st_size || !is_same_time(a.st_mtim, b.st_mtim));
}

std::string capability(const Xattrs& xattrs) {
  const auto found = xattrs.find("security.capability");
  return found == xattrs.end() ? "" : found->second;
}

class Changes final : public UpperVisitor {
 public:
  explicit Changes(const LayeredView& image) : image_(image) {}

  void enter(const UpperObject& folder) override {
    names_.emplace_back();
    note_name(folder.path, 1);
    judge(folder);
  }

  void leave(const UpperObject& folder) override {
    if (!folder.merged) note_hidden(folder, names_.back());
    names_.pop_back();
  }

  void object(const UpperObject& object) override {
    note_name(object.path, 0);
    if (!object.whiteout) {
      judge(object);
      note_hidden(object, {});
    } else if (object.below) {
      add(ChangeKind::kDeleted, object.path);
    }
  }

  std::vector<PathChange> take() {
    std::vector<PathChange> list;
    list.reserve(changes_.size());
    for (auto& [key, change] : changes_) list.push_back(std::move(change));
    return list;
  }

 private:
  // `depth`: how many folders on the stack are its own and not the one it lies in.
  void note_name(const std::string& path, size_t depth) {
    if (names_.size() > depth) names_[names_.size() - 1 - depth].insert(base_of(path));
  }

  void judge(const UpperObject& object) {
    if (is_mount_stub(object)) return;
    if (!object.below) return add(ChangeKind::kAdded, object.path);
    const auto attributes = [&] {
      return capability(read_xattrs(object.fd.get(), object.path)) !=
             capability(read_xattrs(image_.open(*object.below, O_PATH).get(), object.path));
    };
    if (differs(object.status, object.below->status) || (S_ISREG(object.status.st_mode) && attributes()))
      add(ChangeKind::kChanged, object.path);
  }

  // What the image has below this place and is not seen any more.
  void note_hidden(const UpperObject& object, const std::set<std::string>& seen) {
    if (!object.below || !object.below->is_dir()) return;
    for (const LayeredView::Node& node : image_.children(*object.below)) {
      if (!seen.contains(base_of(node.path))) add(ChangeKind::kDeleted, node.path.substr(1));
    }
  }

  void add(ChangeKind kind, const std::string& path) {
    for (size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      const std::string folder = path.substr(0, slash);
      changes_.emplace(sort_key(folder), PathChange{ChangeKind::kChanged, '/' + folder});
    }
    changes_.insert_or_assign(sort_key(path), PathChange{kind, '/' + path});
  }

  // A folder's objects come right after it.
  static std::string sort_key(std::string path) {
    std::replace(path.begin(), path.end(), '/', '\0');
    return path;
  }

  const LayeredView& image_;
  std::vector<std::set<std::string>> names_;  // of the objects seen in the folders down to where the walk is
  std::map<std::string, PathChange> changes_;
};

}  // namespace

std::vector<PathChange> changes_of(int upper, const LayeredView& image) {
  Changes changes(image);
  walk_upper(upper, image, changes);
  return changes.take();
}

}  // namespace engine
