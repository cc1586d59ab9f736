#include "engine/container/run_files.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>

#include "../small_disk.h"
#include "sys/error.h"

TEST_CASE("How a container ended is recorded on a full disk as well") {
  if (::geteuid() != 0) {
    std::puts("SKIPPED-ROOT-ONLY: mounting a small disk needs root");
    return;
  }
  const small_disk::SmallDisk disk("1m");
  engine::Status status;
  engine::write_status(disk.path, status);
  status.state = engine::State::kRunning;
  engine::write_status(disk.path, status);
  disk.fill();
  for (int i = 0; i < 5; ++i) status.health_log.push_back({1, 2, 0, std::string(3000, 'x')});
  status.state = engine::State::kExited;
  status.exit_code = 42;
  engine::write_status(disk.path, status);
  const engine::Status read = engine::read_status(disk.path);
  CHECK(read.state == engine::State::kExited);
  CHECK(read.exit_code == 42);
  CHECK(read.error.empty());
  status.exit_code = 41;
  engine::write_status(disk.path, status);
  CHECK(engine::read_status(disk.path).exit_code == 41);

  disk.make_room();
  status.exit_code = 43;
  engine::write_status(disk.path, status);
  CHECK(engine::read_status(disk.path).health_log.size() == 5);
  disk.fill();
  status.exit_code = 44;
  engine::write_status(disk.path, status);  // a new spare was made
  CHECK(engine::read_status(disk.path).exit_code == 44);
}
