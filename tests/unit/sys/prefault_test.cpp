#include "sys/prefault.h"

#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

using namespace sys;

namespace {

// kB of this process that have pages.
long resident() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmRSS:") {
      long amount = 0;
      status >> amount;
      return amount;
    }
  return 0;
}

}  // namespace

#ifndef __SANITIZE_ADDRESS__  // whose heap is another

TEST_CASE("memory asked for beforehand has its pages", "[prefault]") {
  const long before = resident();
  prefault(80 << 10, 0);
  CHECK(resident() - before >= 40);  // some of it had them already
}

TEST_CASE("a heap that is expected is there without being used", "[prefault]") {
  const long before = resident();
  expect_heap(20 << 20);
  CHECK(resident() - before < 4096);  // two pages of 2 MB at most
  const auto* top = static_cast<char*>(::sbrk(0));
  std::vector<std::unique_ptr<char[]>> pieces;
  for (int i = 0; i < 15000; ++i) {
    pieces.push_back(std::make_unique_for_overwrite<char[]>(1000));
    pieces.back()[0] = 1;
  }
  CHECK(static_cast<char*>(::sbrk(0)) == top);
}

TEST_CASE("little that is expected, and none, change nothing", "[prefault]") {
  const auto* top = static_cast<char*>(::sbrk(0));
  expect_heap(0);
  expect_heap(1000);
  prefault(0, 0);
  CHECK(static_cast<char*>(::sbrk(0)) == top);
}

#endif
