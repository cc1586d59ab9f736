#pragma once
// What a container wrote: the objects of its upper folder beside what its image has at the same places.
//
// The tree is a stranger's and may change meanwhile: nothing in it is followed, opened by a name that could
// mean something else by then, or waited for. What vanishes between two steps is passed over.
#include <sys/stat.h>

#include <optional>
#include <string>

#include "engine/build/layered_view.h"
#include "engine/image/layer_xattr.h"
#include "sys/fd.h"

namespace engine {

struct UpperObject {
  std::string path;  // relative to the root
  struct stat status {};
  sys::Fd fd;             // O_PATH, the object `status` is of
  bool whiteout = false;  // the image's object of this name is removed
  bool opaque = false;    // a folder that hides the image's
  // A folder through which the image's at the same place is seen.
  bool merged = false;
  // What the image has at this place, seen or not.
  std::optional<build::LayeredView::Node> below;

  bool is_folder() const { return S_ISDIR(status.st_mode); }
};

class UpperVisitor {
 public:
  virtual ~UpperVisitor() = default;
  virtual void enter(const UpperObject& folder) = 0;
  virtual void leave(const UpperObject& folder) = 0;
  virtual void object(const UpperObject& object) = 0;  // no folder
};

// Visits every object below `upper`, not itself, in byte order of the names within a folder. Throws
// engine::Error(kInvalid) for a tree deeper than layers may be (kMaxDepth, kMaxPath), sys::Error; what the
// visitor throws passes through.
void walk_upper(int upper, const build::LayeredView& image, UpperVisitor& visitor);

// The bytes of a regular file known by an O_PATH descriptor. Never waits, whatever takes the file's name
// meanwhile. Throws sys::Error.
sys::Fd open_to_read(int path_fd, const std::string& what);

// True for what the runtime, not the container, put where the image had nothing: the places the engine mounts
// its own file systems and files on. A folder that was made on the way to such a place is one too.
bool is_mount_stub(const UpperObject& object);

}  // namespace engine
