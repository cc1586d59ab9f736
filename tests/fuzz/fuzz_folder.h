#pragma once
// What the targets that write files share: an empty folder in memory for each input, and the input as a
// descriptor.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "sys/fd.h"
#include "sys/file.h"

class FuzzFolder {
 public:
  FuzzFolder() {
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~FuzzFolder() { sys::remove_tree(path_); }
  FuzzFolder(const FuzzFolder&) = delete;
  FuzzFolder& operator=(const FuzzFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/dev/shm/compose-fuzz-XXXXXX";
};

inline sys::Fd as_file(const void* data, size_t size) {
  sys::Fd file(::memfd_create("fuzz", MFD_CLOEXEC));
  sys::write_all(file.get(), data, size);
  if (::lseek(file.get(), 0, SEEK_SET) != 0) std::abort();
  return file;
}
