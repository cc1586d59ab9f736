#include "compose/cli/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "../ui/scratch_folder.h"
#include "sys/file.h"

using namespace compose;
using namespace compose::test;

TEST_CASE("output goes to what a path names and puts nothing in its place") {
  const ScratchFolder folder;
  const std::string file = folder.path + "/file", link = folder.path + "/link", pipe = folder.path + "/pipe";
  cli::write_output(file, "first and longer");
  REQUIRE(::chmod(file.c_str(), 0600) == 0);
  REQUIRE(::symlink("file", link.c_str()) == 0);
  cli::write_output(link, "second");
  CHECK(std::filesystem::is_symlink(link));
  CHECK(sys::read_file(file) == "second");
  CHECK(std::filesystem::status(file).permissions() == std::filesystem::perms(0600));

  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const sys::Fd reader(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  cli::write_output(pipe, "third");
  CHECK(std::filesystem::is_fifo(pipe));
  char buffer[16];
  CHECK(std::string(buffer, static_cast<size_t>(::read(reader.get(), buffer, sizeof buffer))) == "third");
}
