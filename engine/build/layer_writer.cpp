#include "engine/build/layer_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "engine/build/file_data.h"
#include "engine/build/paths.h"
#include "engine/error.h"
#include "engine/image/layer_xattr.h"
#include "sys/error.h"

namespace engine::build {
namespace {

std::vector<std::string> stack(const std::string& upper, const std::vector<std::string>& lowers) {
  std::vector<std::string> all{upper};
  all.insert(all.end(), lowers.begin(), lowers.end());
  return all;
}

[[noreturn]] void clash(const std::string& path, const std::string& why) {
  throw Error(Error::Kind::kInvalid, "cannot write " + path + ": " + why);
}

}  // namespace

Metadata metadata_of(const LayeredView& view, const LayeredView::Node& node) {
  Metadata out;
  out.owner = {node.status.st_uid, node.status.st_gid};
  out.mode = node.status.st_mode;
  out.modified = node.status.st_mtim;
  if (node.is_dir() || node.is_file()) {
    const sys::Fd fd = view.open(node, O_PATH);
    for (auto& [name, value] : read_xattrs(fd.get(), node.path)) {
      if (is_layer_xattr(name)) out.xattrs.emplace(name, value);
    }
  }
  return out;
}

LayerWriter::LayerWriter(const std::string& upper, const std::vector<std::string>& lowers, Below below)
    : view_(below == Below::kSeen ? stack(upper, lowers) : std::vector<std::string>{upper}),
      upper_(sys::open(upper, O_PATH | O_DIRECTORY)) {
  if (below == Below::kUnseen) unseen_.emplace(lowers);
  present_.insert("/");
  if (lowers.empty()) return;
  const LayeredView under(lowers);
  const LayeredView::Node root = under.root();
  copied_up_["/"] = root.status.st_mtim;
  apply(upper_.get(), ".", metadata_of(under, root), false);
}

sys::Fd LayerWriter::open_upper(const std::string& path, int flags) const {
  sys::Fd fd = try_open_in_tree(upper_.get(), path, flags);
  sys::check(fd.get(), "openat2", path);
  return fd;
}

void LayerWriter::apply(int folder, const std::string& name, const Metadata& metadata, bool is_link) const {
  sys::check(::fchownat(folder, name.c_str(), metadata.owner.uid, metadata.owner.gid, AT_SYMLINK_NOFOLLOW),
             "chown", name);
  if (!is_link) {
    // After chown, which takes the set-id bits away.
    sys::check(::fchmodat(folder, name.c_str(), metadata.mode & 07777, 0), "chmod", name);
    if (!metadata.xattrs.empty()) {
      const sys::Fd fd = sys::openat(folder, name, O_PATH | O_NOFOLLOW);
      for (const auto& [key, value] : metadata.xattrs) write_xattr(fd.get(), key, value, name);
    }
  }
  if (metadata.modified) {
    const timespec times[2] = {*metadata.modified, *metadata.modified};
    sys::check(::utimensat(folder, name.c_str(), times, AT_SYMLINK_NOFOLLOW), "utimensat", name);
  }
}

void LayerWriter::copy_up(const LayeredView::Node& folder) {
  if (present_.contains(folder.path)) return;
  if (folder.layers.front() != 0) {
    const auto parent = view_.find(parent_path(folder.path), false);
    if (!parent) throw sys::Error(ENOENT, "copy up", folder.path);
    copy_up(*parent);
    const Metadata metadata = metadata_of(view_, folder);
    const std::string name = base_name(folder.path);
    const sys::Fd above = open_upper(parent->path, O_RDONLY | O_DIRECTORY);
    sys::check(::mkdirat(above.get(), name.c_str(), 0700), "mkdir", folder.path);
    apply(above.get(), name, metadata, false);
    copied_up_[folder.path] = folder.status.st_mtim;
  }
  present_.insert(folder.path);
}

sys::Fd LayerWriter::make_room(const LayeredView::Node& folder, const std::string& name) {
  copy_up(folder);
  changed_.insert(folder.path);
  sys::Fd fd = open_upper(folder.path, O_RDONLY | O_DIRECTORY);
  if (::unlinkat(fd.get(), name.c_str(), 0) != 0 && errno != ENOENT)
    sys::fail("unlink", join_path(folder.path, name));
  return fd;
}

sys::Fd LayerWriter::prepare(const LayeredView::Node& folder, const std::string& name) {
  const std::string path = join_path(folder.path, name);
  const auto existing = view_.child(folder, name);
  if ((existing && existing->is_dir()) || unseen(path)) {
    clash(path,
          "a folder of that name is in the way; with a / at its end the destination is what to copy into");
  }
  return make_room(folder, name);
}

void LayerWriter::put_file(const LayeredView::Node& folder, const std::string& name, int from, off_t size,
                           const Metadata& metadata, const std::function<void()>& check) {
  const sys::Fd into = prepare(folder, name);
  {
    const sys::Fd file = sys::openat(into.get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    copy_file_data(from, file.get(), size, check, name);
  }
  apply(into.get(), name, metadata, false);
}

void LayerWriter::put_bytes(const LayeredView::Node& folder, const std::string& name,
                            const std::string& bytes, const Metadata& metadata) {
  const sys::Fd into = prepare(folder, name);
  {
    const sys::Fd file = sys::openat(into.get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    sys::write_all(file.get(), bytes);
  }
  apply(into.get(), name, metadata, false);
}

void LayerWriter::put_link(const LayeredView::Node& folder, const std::string& name,
                           const std::string& target, const Metadata& metadata) {
  const sys::Fd into = prepare(folder, name);
  sys::check(::symlinkat(target.c_str(), into.get(), name.c_str()), "symlink", name);
  apply(into.get(), name, metadata, true);
}

void LayerWriter::put_special(const LayeredView::Node& folder, const std::string& name, dev_t device,
                              const Metadata& metadata) {
  const sys::Fd into = prepare(folder, name);
  sys::check(::mknodat(into.get(), name.c_str(), (metadata.mode & S_IFMT) | 0600, device), "mknod", name);
  apply(into.get(), name, metadata, false);
}

void LayerWriter::put_hardlink(const LayeredView::Node& folder, const std::string& name,
                               const std::string& existing) {
  if (join_path(folder.path, name) == existing) return;
  const sys::Fd into = prepare(folder, name);
  const sys::Fd from = open_upper(parent_path(existing), O_RDONLY | O_DIRECTORY);
  sys::check(::linkat(from.get(), base_name(existing).c_str(), into.get(), name.c_str(), 0), "link", name);
}

LayeredView::Node LayerWriter::put_folder(const LayeredView::Node& folder, const std::string& name) {
  auto existing = view_.child(folder, name);
  if (existing && existing->is_link()) existing = view_.find(existing->path);
  if (existing && existing->is_dir()) {
    copy_up(*existing);
    return *view_.find(existing->path, false);
  }
  if (existing || view_.child(folder, name)) {
    clash(join_path(folder.path, name), "something that is not a folder is in the way");
  }
  const sys::Fd into = make_room(folder, name);
  sys::check(::mkdirat(into.get(), name.c_str(), 0755), "mkdir", name);
  // By its path: `folder` may be known as it was before it came into the upper.
  const auto made = view_.find(join_path(folder.path, name), false);
  if (!made) throw sys::Error(ENOENT, "mkdir", join_path(folder.path, name));
  present_.insert(made->path);
  changed_.insert(made->path);
  return *made;
}

void LayerWriter::set_folder(const LayeredView::Node& folder, const Metadata& metadata) {
  copy_up(folder);
  changed_.insert(folder.path);
  if (folder.path == "/") return apply(upper_.get(), ".", metadata, false);
  const sys::Fd above = open_upper(parent_path(folder.path), O_RDONLY | O_DIRECTORY);
  apply(above.get(), base_name(folder.path), metadata, false);
}

LayeredView::Node LayerWriter::make_folders(const std::string& path, const Metadata& metadata) {
  LayeredView::Node at = view_.root();
  for (const std::string& name : path_components(view_.resolve(path))) {
    const auto next = view_.child(at, name);
    if (next && next->is_dir()) {
      at = *next;
      continue;
    }
    at = put_folder(at, name);
    const auto lent = unseen(at.path);
    set_folder(at, lent ? metadata_of(*unseen_, *lent) : metadata);
  }
  copy_up(at);
  return *view_.find(at.path, false);
}

std::optional<LayeredView::Node> LayerWriter::unseen(const std::string& path) const {
  if (!unseen_) return std::nullopt;
  auto node = unseen_->find(path, false);
  if (!node || !node->is_dir() || node->path != path) return std::nullopt;
  return node;
}

void LayerWriter::finish() {
  for (const auto& [path, modified] : copied_up_) {
    if (changed_.contains(path)) continue;
    const timespec times[2] = {modified, modified};
    const sys::Fd fd = open_upper(path, O_RDONLY | O_DIRECTORY);
    sys::check(::futimens(fd.get(), times), "futimens", path);
  }
}

}  // namespace engine::build
