#pragma once
#include <stdlib.h>

#include <string>

#include "sys/error.h"
#include "sys/file.h"

namespace netmgr::test {

// A folder that vanishes with the object.
struct Folder {
  std::string path = "/tmp/netmgr-test-XXXXXX";
  Folder() {
    if (::mkdtemp(path.data()) == nullptr) sys::fail("mkdtemp", path);
  }
  ~Folder() { sys::remove_tree(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

}  // namespace netmgr::test
