#include "data_root.h"
#include "engine/container/run_files.h"
#include "engine/container/status.h"
#include "sys/process.h"

using namespace engine_test;

TEST_CASE("of a running container the ports it holds are told, of another those it will ask for") {
  if (!is_root()) return;
  const DataRoot root;
  root.make_image("base");
  const auto engine = root.open();
  engine::ContainerConfig config = DataRoot::container("web", "base");
  config.network_mode.clear();
  engine::PublishedPort port;
  port.host_port = port.host_port_end = 8080;
  port.container_port = 80;
  port.protocol = "tcp";
  config.ports = {port};
  const engine::ContainerInfo created = engine->create_container(config);
  CHECK(created.ports.size() == 1);

  engine::Status status;
  status.state = engine::State::kRunning;
  status.process = status.monitor = {::getpid(), sys::start_time_of(::getpid()).value()};
  status.boot_id = engine::present_boot_id();
  engine::write_status(root.paths.container(created.id), status);
  CHECK(engine->find_container("web")->status.state == engine::State::kRunning);
  CHECK(engine->find_container("web")->ports.empty());  // no row says it holds one

  status.state = engine::State::kExited;
  engine::write_status(root.paths.container(created.id), status);
  CHECK(engine->find_container("web")->ports.size() == 1);
}
