#include "engine/build/copier.h"

#include <fcntl.h>
#include <unistd.h>

#include "engine/build/paths.h"
#include "engine/error.h"
#include "engine/image/beneath.h"
#include "engine/image/image_store.h"
#include "engine/image/unpack.h"
#include "sys/error.h"
#include "sys/file.h"

namespace engine::build {
namespace {

using Node = LayeredView::Node;

constexpr mode_t kFolderMode = 0755;
constexpr mode_t kInlineMode = 0644;

class Copier {
 public:
  Copier(const CopySource& source, const CopyOptions& options, LayerWriter& writer, bool keep_owner)
      : source_(source), options_(options), writer_(writer), keep_owner_(keep_owner) {}

  // The content of `from` into `into`. Folders below take the metadata of their source, also those that
  // existed.
  void content(const Node& from, const Node& into) {
    for (const Node& child : source_.children(from)) entry(child, into, base_name(child.path));
  }

  void entry(const Node& from, const Node& into, const std::string& name) {
    if (from.is_dir()) {
      const Node made = writer_.put_folder(into, name);
      content(from, made);
      writer_.set_folder(made, metadata(from));
    } else if (from.is_file()) {
      file(from, into, name);
    } else if (from.is_link()) {
      writer_.put_link(into, name, source_.view().read_link(from), metadata(from));
    } else if (!S_ISSOCK(from.status.st_mode)) {  // a socket without its program is nothing
      writer_.put_special(into, name, from.status.st_rdev, metadata(from));
    }
  }

  Metadata metadata(const Node& from) const {
    Metadata out = metadata_of(source_.view(), from);
    if (!keep_owner_) out.owner = {};
    if (options_.owner) out.owner = *options_.owner;
    if (options_.mode && !from.is_link()) out.mode = (out.mode & S_IFMT) | *options_.mode;
    return out;
  }

 private:
  void file(const Node& from, const Node& into, const std::string& name) {
    const std::pair key(from.status.st_dev, from.status.st_ino);
    const auto twin = from.status.st_nlink > 1 ? written_.find(key) : written_.end();
    if (twin != written_.end()) return writer_.put_hardlink(into, name, twin->second);
    const sys::Fd fd = source_.view().open(from, O_RDONLY);
    struct stat now {};
    sys::check(::fstat(fd.get(), &now), "fstat", from.path);
    if (!S_ISREG(now.st_mode)) throw sys::Error(ESTALE, "copy", from.path);
    writer_.put_file(into, name, fd.get(), now.st_size, metadata(from));
    if (from.status.st_nlink > 1) written_[key] = join_path(into.path, name);
  }

  const CopySource& source_;
  const CopyOptions& options_;
  LayerWriter& writer_;
  bool keep_owner_;
  std::map<std::pair<dev_t, ino_t>, std::string> written_;
};

class Placement {
 public:
  Placement(const CopyOptions& options, LayerWriter& writer) : options_(options), writer_(writer) {
    made_.owner = options.owner.value_or(Owner{});
    made_.mode = kFolderMode;
  }

  Node folder(const std::string& path) { return writer_.make_folders(path, made_); }

  // Where an item that is no folder goes: the folder and the name in it.
  std::pair<Node, std::string> file(const std::string& name) {
    const std::string target = writer_.view().resolve(options_.destination);
    const auto existing = writer_.view().find(target, false);
    if (options_.into_folder || (existing && existing->is_dir())) return {folder(target), name};
    return {folder(parent_path(target)), base_name(target)};
  }

 private:
  const CopyOptions& options_;
  LayerWriter& writer_;
  Metadata made_;
};

// A path that the archive reader can open, whatever its way to the file.
std::string path_of(const sys::Fd& fd) {
  return proc_path(fd.get());
}

void copy_one(const CopySource& source, const CopySource::Item& item, const CopyOptions& options,
              LayerWriter& writer, Copier& copier, const std::string& scratch) {
  Placement placement(options, writer);
  const Node& node = item.node;
  if (node.is_dir()) {
    const std::string target = writer.view().resolve(options.destination);
    const bool existed = writer.view().find(target, false).has_value();
    const Node into = placement.folder(target);
    copier.content(node, into);
    if (!existed && !options.into_folder) writer.set_folder(into, copier.metadata(node));
    return;
  }
  if (options.unpack && node.is_file()) {
    const sys::Fd fd = source.view().open(node, O_RDONLY);
    if (is_tar(fd.get())) {
      sys::check(::lseek(fd.get(), 0, SEEK_SET), "lseek", node.path);
      sys::make_dirs(scratch);
      unpack_archive(path_of(fd), scratch, false);
      const CopySource unpacked = CopySource::layers({scratch});
      Copier(unpacked, options, writer, true)
          .content(unpacked.view().root(), placement.folder(options.destination));
      sys::remove_tree(scratch);
      return;
    }
  }
  const auto [into, name] = placement.file(item.name);
  copier.entry(node, into, name);
}

}  // namespace

void copy_items(const CopySource& source, const std::vector<CopySource::Item>& items,
                const std::vector<InlineFile>& inline_files, const CopyOptions& options, LayerWriter& writer,
                const std::string& scratch) {
  if (items.size() + inline_files.size() > 1 && !options.into_folder) {
    const auto existing = writer.view().find(options.destination);
    if (!existing || !existing->is_dir()) {
      throw Error(Error::Kind::kInvalid,
                  "with more than one source the destination must be a folder and end with a /");
    }
  }
  Copier copier(source, options, writer, !source.is_context());
  for (const CopySource::Item& item : items) copy_one(source, item, options, writer, copier, scratch);
  for (const InlineFile& file : inline_files) {
    Metadata metadata;
    metadata.owner = options.owner.value_or(Owner{});
    metadata.mode = options.mode.value_or(kInlineMode);
    const auto [into, name] = Placement(options, writer).file(file.name);
    writer.put_bytes(into, name, file.content, metadata);
  }
  writer.finish();
}

}  // namespace engine::build
