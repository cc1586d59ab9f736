// What is left when a program is killed at any moment, and how the next command makes good.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "leftovers.h"
#include "sandbox.h"
#include "sys/file.h"
#include "sys/process.h"

using it::Sandbox;

namespace {

std::string five_services() {
  std::string text = "services:\n";
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    text += std::string("  ") + name +
            ":\n    image: busybox\n    command: [\"sleep\", \"1000\"]\n    stop_grace_period: 0s\n    "
            "volumes: [\"data:/data\"]\n";
    if (*name != 'a') text += "    depends_on: [a]\n";
  }
  return text + "volumes:\n  data:\n";
}

void check_database(const Sandbox& sandbox) {
  const it::Output output =
      it::run({"python3", "-c",
               "import sqlite3, sys\n"
               "print(sqlite3.connect(sys.argv[1]).execute('pragma integrity_check').fetchone()[0])",
               sandbox.data_root() + "/state.db"});
  INFO(output.err);
  CHECK(output.out == "ok\n");
}

std::vector<int> monitors(const Sandbox& sandbox) {
  std::vector<int> found;
  for (const int pid : it::processes_of(sandbox.run_root())) {
    const bool is_one = it::command_line(pid).find("compose-monitor") != std::string::npos;
    // A terminal's pump has the command line of its monitor.
    if (is_one && sys::read_file("/proc/" + std::to_string(pid) + "/comm") == "compose-monitor\n")
      found.push_back(pid);
  }
  return found;
}

// A process that is being killed loses its command line before it is dead.
void kill_monitor(const Sandbox& sandbox) {
  std::vector<int> pids;
  // What the monitor has just forked is named as it until it runs.
  REQUIRE(it::eventually([&] { return (pids = monitors(sandbox)).size() == 1; }));
  REQUIRE(::kill(pids.front(), SIGKILL) == 0);
  REQUIRE(it::eventually([&] { return !sys::start_time_of(pids.front()); }));
}

}  // namespace

TEST_CASE("up that is killed at any moment is made good by the next up, and down leaves nothing") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(five_services());
  std::mt19937 random(std::random_device{}());
  // A whole run, for the span of time to kill in.
  const auto start = std::chrono::steady_clock::now();
  sandbox.ok({"up", "-d"});
  const auto whole =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  sandbox.ok({"down", "-v"});

  for (int round = 0; round < 5; ++round) {
    const std::chrono::microseconds moment(std::uniform_int_distribution<long>(0, whole.count())(random));
    INFO("killed after " << moment.count() << " of " << whole.count() << " microseconds");
    {
      it::Process up(sandbox.command({"up", "-d"}), sandbox.options());
      std::this_thread::sleep_for(moment);
      up.signal(SIGKILL);
      up.wait();
    }
    check_database(sandbox);
    sandbox.ok({"up", "-d"});
    CHECK(sandbox.ids().size() == 5);
    CHECK(sandbox.containers().size() == 5);
    sandbox.finish();
  }
}

TEST_CASE("down that is killed at any moment is finished by the next down") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(five_services());
  std::mt19937 random(std::random_device{}());
  for (int round = 0; round < 3; ++round) {
    sandbox.ok({"up", "-d"});
    const std::chrono::milliseconds moment(std::uniform_int_distribution<int>(0, 150)(random));
    INFO("killed after " << moment.count() << " ms");
    {
      it::Process down(sandbox.command({"down", "-v"}), sandbox.options());
      std::this_thread::sleep_for(moment);
      down.signal(SIGKILL);
      down.wait();
    }
    check_database(sandbox);
    sandbox.finish();
  }
}

TEST_CASE(
    "a network that no row of the state tells of goes with the next command of its own data root alone") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  it::RunOptions elsewhere = sandbox.options();
  elsewhere.env["COMPOSE_DATA_ROOT"] = sandbox.data_root() + "-other";
  elsewhere.env["COMPOSE_RUN_ROOT"] = sandbox.run_root() + "-other";
  sandbox.ok({"network", "create", "--ipv6", "lost9"});
  sandbox.ok({"network", "create", "kept9"});
  const it::Output forgotten = it::run(
      {"python3", "-c",
       "import sqlite3, sys\n"
       "db = sqlite3.connect(sys.argv[1])\n"
       "print(db.execute(\"select substr(id, 1, 12) from networks where name = 'lost9'\").fetchone()[0])\n"
       "db.execute(\"delete from networks where name = 'lost9'\")\n"
       "db.commit()",
       sandbox.data_root() + "/state.db"});
  INFO(forgotten.err);
  REQUIRE(forgotten.code == 0);
  const std::string bridge = "br-" + forgotten.out.substr(0, 12);
  const auto on_host = [&](const std::vector<std::string>& command) {
    return it::run(command, sandbox.options()).out;
  };
  REQUIRE_THAT(on_host({"ip", "-o", "link"}), Catch::Contains(bridge));
  CHECK(it::run(sandbox.command({"tidy"}), elsewhere).code == 0);
  CHECK_THAT(on_host({"ip", "-o", "link"}), Catch::Contains(bridge));
  sandbox.ok({"tidy"});
  CHECK_THAT(on_host({"ip", "-o", "link"}), !Catch::Contains(bridge));
  CHECK_THAT(on_host({"nft", "list", "ruleset"}), !Catch::Contains(bridge));
  CHECK_THAT(sandbox.ok({"network", "ls"}).out, Catch::Contains("kept9"));

  // The link of a container goes likewise, and not by the word of a copy of the data root.
  sandbox.ok({"container", "run", "-d", "--name", "c9", "--network", "kept9", "busybox", "sleep", "1000"});
  const std::string copy = sandbox.data_root() + "-copy";
  REQUIRE(it::run({"cp", "-a", sandbox.data_root(), copy}).code == 0);
  const auto forget = [](const std::string& root) {
    return it::run({"python3", "-c",
                    "import sqlite3, sys\n"
                    "db = sqlite3.connect(sys.argv[1])\n"
                    "db.execute('delete from endpoints')\n"
                    "db.commit()",
                    root + "/state.db"})
        .code;
  };
  REQUIRE(forget(copy) == 0);
  elsewhere.env["COMPOSE_DATA_ROOT"] = copy;
  it::run(sandbox.command({"tidy"}), elsewhere);
  CHECK_THAT(on_host({"ip", "-o", "link"}), Catch::Contains(": ve"));
  REQUIRE(forget(sandbox.data_root()) == 0);
  sandbox.ok({"tidy"});
  CHECK_THAT(on_host({"ip", "-o", "link"}), !Catch::Contains(": ve"));
  sandbox.ok({"container", "rm", "-f", "c9"});
  sandbox.ok({"network", "rm", "kept9"});
  sandbox.finish();
}

TEST_CASE("a container outlives its monitor, and stop, logs and down still reach it") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sh", "-c", "echo first; while true; do sleep 0.2; echo more; done"]
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  REQUIRE(it::eventually([&] { return sandbox.log("web").find("more") != std::string::npos; }));
  kill_monitor(sandbox);

  CHECK(sandbox.container("web").at("State") == "running");
  CHECK(sandbox.inside("web", {"echo", "inside"}) == "inside\n");
  CHECK(sandbox.log("web").find("first") != std::string::npos);
  sandbox.ok({"stop", "web"});
  CHECK(sandbox.container("web").at("State") == "exited");
  sandbox.finish();
}

TEST_CASE("a terminal that is written to without end is taken over from a dead monitor, and ends") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    tty: true
    command: ["sh", "-c", "while true; do echo more and more; done"]
    stop_grace_period: 0s
    logging: {driver: json-file, options: {max-size: 1m}}
)");
  sandbox.ok({"up", "-d"});
  const std::string folder = sandbox.run_root() + "/c/" + sandbox.ids("web").begin()->substr(0, 12);
  const sys::Fd output = sys::open(folder + "/stdout", O_RDWR | O_NONBLOCK);
  const auto is_full = [&] {
    pollfd room{output.get(), POLLOUT, 0};
    return ::poll(&room, 1, 0) == 0;
  };
  SECTION("that runs on") {
    kill_monitor(sandbox);
    REQUIRE(it::eventually(is_full));
    sandbox.ok({"stop", "web"});
    CHECK(sandbox.container("web").at("State") == "exited");
  }
  SECTION("that is killed as well") {
    const auto status = sandbox.recorded_status(*sandbox.ids("web").begin());
    kill_monitor(sandbox);
    REQUIRE(it::eventually(is_full));
    REQUIRE(::kill(status.at("process").at("pid").get<pid_t>(), SIGKILL) == 0);
    CHECK(it::eventually([&] { return it::processes_of(sandbox.run_root()).empty(); },
                         std::chrono::seconds(30)));
  }
  sandbox.finish();
}

TEST_CASE("the ports of a container whose monitor died stay its own") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string text = R"(
services:
  web:
    image: busybox
    command: ["sh", "-c", "mkdir /site; echo first > /site/index.html; exec httpd -f -p 80 -h /site"]
    ports: ["8080:80", "9000:9000/sctp"]
    stop_grace_period: 0s
)";
  sandbox.compose_file(text);
  sandbox.ok({"up", "-d"});
  const auto answers = [] { return it::http("http://127.0.0.1:8080/") == "first\n"; };
  REQUIRE(it::eventually(answers));
  kill_monitor(sandbox);

  // The first command of another project finds the container without a monitor, the second with a new one.
  for (int i = 0; i < 2; ++i) {
    const it::Output other = sandbox.compose({"-p", "other", "up", "-d"});
    CHECK(other.code != 0);
    CHECK(other.err.find("8080") != std::string::npos);
    CHECK(answers());
  }
  // A program of the host's does not get it either.
  const it::Output bound =
      it::run({"python3", "-c", "import socket\ns = socket.socket()\ns.bind(('', 8080))\ns.listen()"},
              sandbox.options());
  CHECK(bound.err.find("Address already in use") != std::string::npos);
  sandbox.ok({"-p", "other", "down"});
  CHECK(answers());
  sandbox.finish();
}

TEST_CASE("an SCTP port that another container has is refused, and all ports stay where they are") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sh", "-c", "mkdir /site; echo first > /site/index.html; exec httpd -f -p 80 -h /site"]
    ports: ["8080:80", "9000:9000/sctp"]
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  const auto answers = [] { return it::http("http://127.0.0.1:8080/") == "first\n"; };
  REQUIRE(it::eventually(answers));
  sandbox.file("other.yaml", R"(
services:
  taker:
    image: busybox
    command: ["sleep", "1000"]
    ports: ["9000:9000/sctp"]
    stop_grace_period: 0s
)");
  const it::Output other = sandbox.compose({"-p", "other", "-f", "other.yaml", "up", "-d"});
  CHECK(other.code != 0);
  CHECK(other.err.find("9000") != std::string::npos);
  CHECK(other.err.find(sandbox.project() + "-web-1") != std::string::npos);
  CHECK(answers());
  CHECK(sandbox.container("web").at("Publishers").size() >= 2);
  sandbox.ok({"-p", "other", "-f", "other.yaml", "down"});
  sandbox.finish();
}

TEST_CASE("after a reboot, when the run root is gone, up starts the containers again") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(five_services());
  sandbox.ok({"up", "-d"});
  const std::set<std::string> before = sandbox.ids();
  for (const int pid : monitors(sandbox)) ::kill(pid, SIGKILL);
  it::remove_cgroups(it::entries(sandbox.data_root() + "/containers"));
  REQUIRE(it::run({"rm", "-rf", sandbox.run_root()}).code == 0);
  it::run({"sh", "-c",
           "for l in $(ip -o link | sed -n 's/^[0-9]*: \\(br-[0-9a-f]*\\):.*/\\1/p'); do ip link del $l; "
           "done; nft flush ruleset"});

  CHECK(sandbox.ids().empty());
  CHECK(sandbox.containers().size() == 5);
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.ids() == before);
  sandbox.finish();
}

TEST_CASE("two ups at once both succeed and make one set of containers") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(five_services());
  it::Process first(sandbox.command({"up", "-d"}), sandbox.options());
  it::Process second(sandbox.command({"up", "-d"}), sandbox.options());
  CHECK(first.wait().code == 0);
  CHECK(second.wait().code == 0);
  CHECK(sandbox.containers().size() == 5);
  sandbox.finish();
}

TEST_CASE("a container that cannot be taken over is warned of and does not stop other projects") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
)");
  sandbox.ok({"up", "-d"});
  kill_monitor(sandbox);
  const std::string id = *sandbox.ids("web").begin();
  const std::string spec = sandbox.run_root() + "/c/" + id.substr(0, 12) + "/spec.json";
  const std::string good = sys::read_file(spec);
  sys::write_file_atomic(spec, "{");
  const it::Output other = sandbox.compose({"-p", sandbox.project() + "other", "up", "-d"});
  INFO(other.err);
  CHECK(other.code == 0);
  CHECK(other.err.find("warning: container " + sandbox.project() + "-web-1") != std::string::npos);
  sys::write_file_atomic(spec, good);
  sandbox.ok({"-p", sandbox.project() + "other", "down", "-t", "0"});
  sandbox.finish();
}

TEST_CASE("a container whose first process is killed on its way is a start that failed, and leaves nothing") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      "services: {web: {image: busybox, command: [sleep, '1000'], stop_grace_period: 0s}}\n");
  // Killed as it is about to enter its root.
  std::vector<std::string> words = {"strace", "-f",
                                    "-o",     "/dev/null",
                                    "-e",     "trace=pivot_root",
                                    "-e",     "inject=pivot_root:signal=SIGKILL:when=1"};
  const std::vector<std::string> up = sandbox.command({"up", "-d"});
  words.insert(words.end(), up.begin(), up.end());
  const it::Output output = it::run(words, sandbox.options());
  CHECK(output.code != 0);
  CHECK_THAT(output.err, Catch::Contains("its first process was killed before it began"));
  CHECK(sandbox.container("web").at("State") == "created");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.container("web").at("State") == "running");
  sandbox.finish();
}

TEST_CASE("a start whose command was killed goes on, and the next command begins after it") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      "services: {web: {image: busybox, command: [sleep, '1000'], stop_grace_period: 0s}}\n");
  sandbox.ok({"create"});
  std::string id = sandbox.ok({"ps", "-a", "-q"}).out;
  id.pop_back();
  const std::string log = sandbox.data_root() + "/containers/" + id + "/container.log";
  for (const char* before : {"created", "exited"}) {
    INFO(before);
    REQUIRE(sandbox.container("web").at("State") == before);
    // The monitor stands at the opening of its log until somebody reads there.
    ::unlink(log.c_str());
    REQUIRE(::mkfifo(log.c_str(), 0600) == 0);
    it::Process killed(sandbox.command({"up", "-d"}), sandbox.options());
    const std::string lock = sandbox.run_root() + "/c/" + id.substr(0, 12) + "/monitor.lock";
    REQUIRE(it::eventually([&] { return ::access(lock.c_str(), F_OK) == 0; }));
    killed.signal(SIGKILL);
    killed.wait();
    REQUIRE(it::eventually([&] { return monitors(sandbox).size() == 1; }));  // their server ends
    it::Process next(sandbox.command({"up", "-d"}), sandbox.options());
    CHECK(!it::eventually([&] { return !next.running() || monitors(sandbox).size() != 1; },
                          std::chrono::milliseconds(500)));
    const sys::Fd reader = sys::open(log, O_RDONLY | O_NONBLOCK);
    CHECK(next.wait().code == 0);
    CHECK(sandbox.container("web").at("State") == "running");
    CHECK(monitors(sandbox).size() == 1);
    CHECK(sandbox.recorded_status(id).at("monitor").at("pid") == monitors(sandbox).at(0));
    CHECK_THAT(sandbox.ok({"up", "-d", "--dry-run"}).out, Catch::Equals(std::string()));
    sandbox.ok({"stop"});
  }
  ::unlink(log.c_str());
  sandbox.finish();
}
