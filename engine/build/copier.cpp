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
  // Copies from below `root`, one source: names for the same file stay that within a source only.
  Copier(const CopySource& source, Node root, const CopyOptions& options, LayerWriter& writer)
      : source_(source), root_(std::move(root)), options_(options), writer_(writer) {}

  // The content of `from` into `into`. Folders below take the metadata of their source, also those that
  // existed.
  void content(const Node& from, const Node& into) {
    for (const Node& child : source_.children(from)) {
      if (!options_.exclude.hides(root_, child)) entry(child, into, base_name(child.path));
    }
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
    if (source_.is_context()) {
      out.owner = {};
      // Rights that a file of the user's has must not come by way of a build into an image.
      out.xattrs.erase("security.capability");
    }
    if (options_.owner) out.owner = *options_.owner;
    if (options_.mode && !from.is_link()) {
      out.mode = (out.mode & S_IFMT) | options_.mode->apply(out.mode, from.is_dir());
    }
    return out;
  }

 private:
  void file(const Node& from, const Node& into, const std::string& name) {
    const std::pair key(from.status.st_dev, from.status.st_ino);
    const auto twin = from.status.st_nlink > 1 ? written_.find(key) : written_.end();
    if (twin != written_.end()) return writer_.put_hardlink(into, name, twin->second);
    const sys::Fd fd = source_.view().open(from, O_RDONLY | O_NONBLOCK);  // it may just have become a pipe
    struct stat now {};
    sys::check(::fstat(fd.get(), &now), "fstat", from.path);
    if (!S_ISREG(now.st_mode)) throw sys::Error(ESTALE, "copy", from.path);
    writer_.put_file(into, name, fd.get(), now.st_size, metadata(from), [this] { source_.check(); });
    if (from.status.st_nlink > 1) written_[key] = join_path(into.path, name);
  }

  const CopySource& source_;
  Node root_;
  const CopyOptions& options_;
  LayerWriter& writer_;
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

// What an archive holds goes into the destination, whatever that is.
void unpack_into(const sys::Fd& archive, const CopyOptions& options, LayerWriter& writer,
                 const std::string& scratch) {
  sys::check(::lseek(archive.get(), 0, SEEK_SET), "lseek", "archive");
  sys::make_dirs(scratch);
  unpack_archive(path_of(archive), scratch, false);
  const CopySource unpacked = CopySource::layers({scratch});
  const CopyOptions as_it_is;
  const Node root = unpacked.view().root();
  Copier(unpacked, root, as_it_is, writer)
      .content(root, Placement(options, writer).folder(options.destination));
  sys::remove_tree(scratch);
}

// --parents: the folders above the item are made below the destination, as they are in the source.
Node make_way(const CopySource::Item& item, const CopyOptions& options, LayerWriter& writer,
              const Copier& copier) {
  Node at = Placement(options, writer).folder(writer.view().resolve(options.destination));
  for (const CopySource::Step& step : item.above) {
    at = writer.put_folder(at, step.name);
    writer.set_folder(at, copier.metadata(step.node));
  }
  return at;
}

void copy_one(const CopyPart& part, const CopySource::Item& item, const CopyOptions& options,
              LayerWriter& writer, const std::string& scratch) {
  const CopySource& source = *part.source;
  const Node& node = item.node;
  Copier copier(source, node, options, writer);
  Placement placement(options, writer);
  if (options.parents) {
    const Node into = make_way(item, options, writer, copier);
    if (item.name.empty()) return copier.content(node, into);
    return copier.entry(node, into, item.name);
  }
  if (node.is_dir()) {
    // The destination itself is not the source: it keeps, or gets, a mode of its own.
    return copier.content(node, placement.folder(writer.view().resolve(options.destination)));
  }
  if (part.unpack && node.is_file()) {
    const sys::Fd fd = source.view().open(node, O_RDONLY);
    if (is_tar(fd.get())) return unpack_into(fd, options, writer, scratch);
  }
  const auto [into, name] = placement.file(item.name);
  copier.entry(node, into, name);
}

mode_t inline_mode(const CopyOptions& options) {
  return options.mode ? options.mode->apply(kInlineMode, false) : kInlineMode;
}

}  // namespace

void copy_items(const std::vector<CopyPart>& parts, const std::vector<InlineFile>& inline_files,
                const CopyOptions& options, LayerWriter& writer, const std::string& scratch) {
  size_t sources = inline_files.size();
  for (const CopyPart& part : parts) sources += part.items.size();
  if (sources > 1 && !options.into_folder && !options.parents) {
    const auto existing = writer.view().find(options.destination);
    if (!existing || !existing->is_dir()) {
      throw Error(Error::Kind::kInvalid,
                  "with more than one source the destination must be a folder and end with a /");
    }
  }
  for (const CopyPart& part : parts) {
    for (const CopySource::Item& item : part.items) copy_one(part, item, options, writer, scratch);
  }
  for (const InlineFile& file : inline_files) {
    Metadata metadata;
    metadata.owner = options.owner.value_or(Owner{});
    metadata.mode = inline_mode(options);
    const auto [into, name] = Placement(options, writer).file(file.name);
    writer.put_bytes(into, name, file.content, metadata);
  }
  writer.finish();
}

}  // namespace engine::build
