#pragma once
// The files of an image archive, wherever in it they stand: those of a tar, which may come through a pipe and
// in any order, are first written to a folder of the caller's; those of a folder are copied when asked for.
// Each is hashed on the way. Links are followed within the archive, as `docker save` makes them for layers it
// has twice.
//
// Not thread-safe. Throws engine::Error(kInvalid) naming the entry for what no archive of images holds: names
// or links that lead outside, devices, more than the limits.
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "engine/image/unpack.h"
#include "sys/fd.h"

namespace engine {

struct ArchivedFile {
  std::string path;    // on disk; the caller may link, not change it
  std::string digest;  // sha256:<hex> of its bytes
  int64_t size = 0;
};

class ArchiveFiles {
 public:
  // `staging`: an empty folder for the files; it and what is in it are the caller's to remove.
  explicit ArchiveFiles(std::string staging) : staging_(std::move(staging)) {}

  // The whole of a tar, plain or compressed, from the descriptor's present position. `name`: for messages.
  void read_archive(int fd, const std::string& name, const UnpackLimits& limits);
  // An image layout that was unpacked.
  void use_folder(const std::string& path);

  // Nothing when there is no such file. `path` is taken as an archive's name is: relative, without "..".
  std::optional<ArchivedFile> find(const std::string& path);
  // The file's bytes when it is there. Refuses one larger than `limit`.
  std::optional<std::string> text(const std::string& path, int64_t limit);
  const std::string& staging() const { return staging_; }
  // A fresh path in the folder.
  std::string new_path();

 private:
  std::optional<ArchivedFile> copy_from_folder(const std::string& path);

  std::string staging_;
  std::map<std::string, ArchivedFile> files_;
  std::map<std::string, std::string> links_;  // name -> the name it leads to
  sys::Fd folder_;
  std::string folder_path_;
  int made_ = 0;
};

}  // namespace engine
