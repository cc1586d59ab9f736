#pragma once
// A folder of a test's own, removed at its end.
#include <stdlib.h>

#include <fstream>
#include <string>

#include "sys/error.h"
#include "sys/file.h"

namespace compose::test {

class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = "/tmp/compose-test-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) sys::fail("mkdtemp", name);
    path = name;
  }
  ~ScratchFolder() { sys::remove_tree(path); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string path;
};

// A json-file record, `second` after 2026-01-01.
inline std::string record(int second, const std::string& text, const std::string& stream = "stdout") {
  const std::string digits = std::to_string(second);
  return R"({"log":")" + text + R"(","stream":")" + stream + R"(","time":"2026-01-01T00:00:)" +
         std::string(2 - digits.size(), '0') + digits + "Z\"}\n";
}

inline void append(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::app) << text;
}

}  // namespace compose::test
