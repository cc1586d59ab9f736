#pragma once
// A temporary folder that goes with its owner.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "sys/file.h"

namespace engine_test {

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/compose-engine-test-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
  }
  ~Folder() { sys::remove_tree(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path;
};

}  // namespace engine_test
