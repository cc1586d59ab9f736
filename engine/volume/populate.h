#pragma once
// Filling a new volume from the image's folder it is mounted over, as Docker does.
#include <functional>
#include <string>
#include <vector>

#include "engine/container/overlay.h"
#include "sys/fd.h"

namespace engine {

// The layers' merged tree as a detached overlay mount: only reachable through the returned descriptor, in no
// mount namespace, gone with it. `lower_dirs` topmost first, at least one. `mount` is
// mount_overlay's way of doing it. Throws sys::Error.
using OverlayMount = sys::Fd (*)(const std::vector<std::string>& lower, const std::string& upper,
                                 const std::string& work, const std::string& scratch);
sys::Fd merged_view(const std::vector<std::string>& lower_dirs, OverlayMount mount = mount_overlay);

// Folder `path` of `root`, resolved inside it, O_PATH; empty when there is none.
sys::Fd image_folder(const sys::Fd& root, const std::string& path);

// Copies `from`, a folder that nobody changes, into the empty folder `destination`: everything below it, and
// its own owner, mode, times and extended attributes. Of what is in it all is kept: owners, modes, times,
// links, holes, devices, capabilities and other extended attributes. Throws sys::Error.
void copy_folder(const sys::Fd& from, const std::string& destination);

// A folder that is filled whole or not at all, whoever is killed or whatever disk is full in between. A copy
// is made beside what is there, brought to the disk and given its final name; its entries are then moved,
// each by rename(2). Containers may have the folder mounted: it stays the same one, and what they have made
// in it meanwhile stays theirs. One process at a time.
class Filling {
 public:
  // `data`: the folder. `staging`: what the names of the copies begin with, on the same file system:
  // "<staging>ing" is being made, "<staging>ed" is complete. They may lie in `data` and do not count as its
  // content then.
  Filling(std::string data, std::string staging);

  // `data` is empty, or has not got all of a complete copy yet.
  bool is_due() const;
  // Throws sys::Error, nothing being left in `data` then, or what is there being completed next time.
  void fill(const sys::Fd& from);

 private:
  void stage(const sys::Fd& from);
  void move_in();

  std::string data_, copying_, copied_;
};

}  // namespace engine
