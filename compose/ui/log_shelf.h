#pragma once
// The files that a container's log consists of: <path>, <path>.1, <path>.2.gz and so on, newest first. They
// are renamed by another process, which waits for nobody; so what is told here was all true at one moment.
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace compose::ui {

struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileId&) const = default;
};

struct LogPart {
  int index = 0;  // 0: the one that is written to
  std::string path;
  bool compressed = false;
  FileId id;
  std::optional<FileId> origin;  // of the file it was before it was compressed
  bool is(const FileId& file) const { return id == file || origin == file; }
  bool operator==(const LogPart&) const = default;
};

// None when there is no log. Throws sys::Error.
std::vector<LogPart> log_parts(const std::string& path);

}  // namespace compose::ui
