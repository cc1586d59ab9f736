#pragma once
// Writes into the topmost folder of a layer stack what a program would have written through a mounted
// overlay: folders that so far exist only in lower layers are copied up with owner, mode, attributes and
// time.
//
// Source: the kernel's Documentation/filesystems/overlayfs.rst, "Upper and Lower". Not thread-safe. Throws
// sys::Error, and engine::Error(kInvalid) where a folder and a file would have to stand in for each other.
#include <sys/stat.h>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/build/layered_view.h"
#include "engine/build/ownership.h"
#include "sys/fd.h"

namespace engine::build {

// Owner, mode, attributes and times of something written.
struct Metadata {
  Owner owner;
  mode_t mode = 0755;
  std::optional<timespec> modified;  // unset: now
  std::map<std::string, std::string> xattrs;
};

class LayerWriter {
 public:
  enum class Below {
    kSeen,    // links in lower layers are followed
    kUnseen,  // COPY --link: the layer stands for itself; folders of lower layers lend their metadata only
  };
  // `upper` is written to; `lowers` topmost first. The root of an upper folder that is still empty gets owner
  // and mode of the root below it.
  LayerWriter(const std::string& upper, const std::vector<std::string>& lowers, Below below = Below::kSeen);

  const LayeredView& view() const { return view_; }

  // Makes `path` (resolved inside the stack) and its parents; new ones get `metadata`. Returns the folder.
  LayeredView::Node make_folders(const std::string& path, const Metadata& metadata);

  // Each puts an entry `name` into `folder`, a node that make_folders() or put_folder() returned. What is
  // there and is no folder is replaced.
  void put_file(const LayeredView::Node& folder, const std::string& name, int from, off_t size,
                const Metadata& metadata, const std::function<void()>& check = {});
  void put_bytes(const LayeredView::Node& folder, const std::string& name, const std::string& bytes,
                 const Metadata& metadata);
  void put_link(const LayeredView::Node& folder, const std::string& name, const std::string& target,
                const Metadata& metadata);
  // A FIFO or device; the type is in metadata.mode.
  void put_special(const LayeredView::Node& folder, const std::string& name, dev_t device,
                   const Metadata& metadata);
  // A second name for a file put before by this writer at `existing`.
  void put_hardlink(const LayeredView::Node& folder, const std::string& name, const std::string& existing);

  // A folder; a link that leads to a folder counts as that folder. One that exists stays and is brought up.
  LayeredView::Node put_folder(const LayeredView::Node& folder, const std::string& name);
  // To be called after what it holds was put, as that changes the time.
  void set_folder(const LayeredView::Node& folder, const Metadata& metadata);

  // Gives back their times to folders that were copied up only as a way to others.
  void finish();

 private:
  sys::Fd open_upper(const std::string& path, int flags) const;
  void copy_up(const LayeredView::Node& folder);
  // The upper's folder, without what was there of that name in the upper.
  sys::Fd make_room(const LayeredView::Node& folder, const std::string& name);
  // The same for an entry that is no folder and must not stand in for one.
  sys::Fd prepare(const LayeredView::Node& folder, const std::string& name);
  void apply(int folder, const std::string& name, const Metadata& metadata, bool is_link) const;

  // The folder of that very path, not through links, in unseen lower layers.
  std::optional<LayeredView::Node> unseen(const std::string& path) const;

  LayeredView view_;
  std::optional<LayeredView> unseen_;
  sys::Fd upper_;
  std::set<std::string> present_;              // folders known to be in the upper
  std::map<std::string, timespec> copied_up_;  // and the times they came with
  std::set<std::string> changed_;              // folders that got an entry or metadata
};

// Owner, mode, times and layer attributes of a node.
Metadata metadata_of(const LayeredView& view, const LayeredView::Node& node);

}  // namespace engine::build
