#include "engine/copy/tar_input.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/sysmacros.h>

#include "engine/error.h"
#include "engine/image/archive_reader.h"
#include "engine/image/decompressed.h"
#include "engine/image/entry_path.h"
#include "engine/image/tar_member.h"

namespace engine {

namespace {

// As tar(1) has it: a name counts from where it is unpacked.
std::string relative(const char* name) {
  std::string text = name != nullptr ? name : "";
  text.erase(0, text.find_first_not_of('/'));
  return text.empty() ? "." : text;
}

CopyEntry entry_of(archive_entry* entry, const std::string& path) {
  EntryMetadata metadata = entry_metadata(entry, path);
  CopyEntry copied;
  copied.path = path;
  copied.mode = archive_entry_filetype(entry) | metadata.mode;
  copied.uid = metadata.uid;
  copied.gid = metadata.gid;
  copied.mtime = metadata.mtime;
  copied.xattrs = std::move(metadata.xattrs);
  if (const char* target = archive_entry_hardlink(entry)) {
    copied.same_as = checked_path(path, relative(target));
    copied.mode = S_IFREG | metadata.mode;
    return copied;
  }
  if (S_ISREG(copied.mode)) copied.size = archive_entry_size(entry);
  if (S_ISLNK(copied.mode)) {
    const char* target = archive_entry_symlink(entry);
    copied.link = target != nullptr ? target : "";
    check_symlink_target(path, copied.link);
  }
  if (S_ISCHR(copied.mode) || S_ISBLK(copied.mode)) {
    copied.device = ::makedev(static_cast<unsigned>(archive_entry_rdevmajor(entry)),
                              static_cast<unsigned>(archive_entry_rdevminor(entry)));
  }
  return copied;
}

}  // namespace

void unpack_into(int fd, const std::string& archive_name, TreeSink& sink,
                 const std::function<void()>& check) {
  const Utf8Locale locale;
  Decompressed bytes(fd, archive_name);
  TarReader reader([&](char* buffer, size_t size) { return bytes.read(buffer, size); }, archive_name);
  while (archive_entry* entry = reader.next()) {
    if (check) check();
    const std::string name = relative(archive_entry_pathname(entry));
    CopyEntry copied = entry_of(entry, checked_path(name, name));
    const std::string target = copied.same_as;
    if (!target.empty() && target == copied.path) refuse_entry(name, "it is a hard link to itself");
    if (target.empty()) {
      sink.add(std::move(copied), reader);
    } else if (!sink.link(copied)) {
      refuse_entry(name, "the hard link's target " + quoted(target) + " is not there");
    }
  }
}

}  // namespace engine
