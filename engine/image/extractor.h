#pragma once
// Makes the entries of an archive in a folder, never outside of it. See unpack_archive in image_store.h.
//
// The folder and all in it belong to this process alone while it is filled. Every path is opened beneath the
// folder without following a symbolic link (beneath.h); an entry below a symbolic link is refused rather than
// resolved.
#include <sys/stat.h>
#include <sys/types.h>

#include <ctime>
#include <map>
#include <set>
#include <string>

#include "engine/image/tar_member.h"
#include "sys/fd.h"

struct archive_entry;

namespace engine {

class TarReader;

class Extractor {
 public:
  // `root` stays the caller's. `whiteouts`: ".wh." entries become overlay whiteouts; otherwise they are
  // refused.
  Extractor(int root, bool whiteouts) : root_(root), whiteouts_(whiteouts) {}

  // Makes one entry; a later entry of the same name replaces an earlier one. Throws engine::Error(kInvalid)
  // naming the entry, sys::Error.
  void add(TarReader& reader, archive_entry* entry, const std::string& name);
  // Sets the times of folders, which making their entries has changed. To be called once, last.
  void finish();

 private:
  using Metadata = EntryMetadata;

  void add_object(TarReader& reader, archive_entry* entry, const std::string& path);
  void add_whiteout(const std::string& path);
  void add_hardlink(archive_entry* entry, const std::string& path);
  void add_folder(const std::string& path, const Metadata& metadata);
  void add_file(TarReader& reader, const std::string& path, int64_t size, const Metadata& metadata);
  void add_symlink(archive_entry* entry, const std::string& path, const Metadata& metadata);
  void add_node(archive_entry* entry, const std::string& path, const Metadata& metadata);

  // The folder that holds `path`, made when missing; valid until the next call.
  int parent(const std::string& path);
  void make_parents(const std::string& folder);
  // Takes away what is at `path`, so that something else can be made there.
  void clear(const std::string& path);
  // Metadata of what cannot be opened.
  void finish_object(const std::string& path, const Metadata& metadata, bool is_symlink);

  int root_;
  bool whiteouts_;
  std::string parent_path_;
  sys::Fd parent_fd_;                             // open on parent_path_, or empty
  std::map<std::string, timespec> folder_times_;  // "" is the root
  std::set<std::string> hidden_;                  // paths where a whiteout was made
};

}  // namespace engine
