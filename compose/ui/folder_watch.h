#pragma once
// Folders watched for changes of the files directly in them (inotify(7)).
#include <map>
#include <set>
#include <string>

#include "sys/fd.h"

namespace compose::ui {

// Not thread-safe.
class FolderWatch {
 public:
  FolderWatch();  // throws sys::Error
  // Begins watching; a folder already watched, or missing, changes nothing. Throws sys::Error.
  void add(const std::string& folder);

  struct Changes {
    std::set<std::string> written;  // folders in which a file was written to
    std::map<std::string, std::set<std::string>>
        renamed;  // folders in which names came or went, and those names
  };
  // What happened since the last call; never blocks. After an overflow every folder is in both sets.
  Changes take();
  int fd() const { return fd_.get(); }  // readable when there is something to take

 private:
  sys::Fd fd_;
  std::map<int, std::string> folders_;  // by watch descriptor
};

}  // namespace compose::ui
