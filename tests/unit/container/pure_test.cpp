// Parts that need no container.
#include <linux/filter.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "engine/container/health_state.h"
#include "engine/container/json_log.h"
#include "engine/container/restart_policy.h"
#include "engine/container/runtime.h"
#include "engine/container/seccomp.h"
#include "engine/container/status.h"
#include "engine/error.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/random.h"

using engine::Health;
using engine::JsonLog;

namespace {

struct Folder {
  Folder() : path("/tmp/compose-log-test-" + sys::random_hex(12)) { sys::make_dirs(path); }
  ~Folder() { sys::remove_tree(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path;
};

std::vector<std::string> logged(const std::string& path) {
  std::vector<std::string> found;
  const std::string text = sys::read_file(path);
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    found.push_back(nlohmann::json::parse(text.substr(at, end - at)).at("log"));
    at = end + 1;
  }
  return found;
}

}  // namespace

TEST_CASE("A spec survives the way through JSON, and an unknown or wrong key is named") {
  engine::Spec spec;
  spec.id = "abc";
  spec.args = {"sh", "-c", "echo \"ü\""};
  engine::SpecMount tmpfs;
  tmpfs.type = engine::SpecMount::Type::kTmpfs;
  tmpfs.target = "/t";
  tmpfs.read_only = true;
  tmpfs.tmpfs_size = 5;
  tmpfs.tmpfs_mode = 0755;
  tmpfs.options = {"uid=5"};
  spec.mounts = {tmpfs};
  spec.networks = {{"/n", "10.0.0.2", {"web"}}};
  spec.resources.cpus = 1.5;
  spec.healthcheck.test = {"CMD", "x"};
  CHECK(to_json(engine::spec_from_json(to_json(spec))) == to_json(spec));
  CHECK_THROWS_WITH(engine::spec_from_json(R"({"args":"sh"})"), Catch::Contains("args"));
  CHECK_THROWS_WITH(engine::spec_from_json(R"({"mounts":[{"target":1}]})"),
                    Catch::Contains("mounts[0].target"));
  CHECK_THROWS_WITH(engine::spec_from_json(R"({"colour":"blue"})"), Catch::Contains("colour"));
  CHECK_THROWS_AS(engine::spec_from_json("{"), engine::Error);
  spec.args = {"\xff"};
  CHECK_THROWS_AS(to_json(spec), engine::Error);
}

TEST_CASE("A status whose process is gone reads as exited") {
  const Folder folder;
  CHECK(engine::read_status(folder.path).state == engine::State::kCreated);
  engine::Status status;
  status.state = engine::State::kRunning;
  status.boot_id = engine::present_boot_id();
  status.process = {::getpid(), sys::start_time_of(::getpid()).value()};
  sys::write_file_atomic(folder.path + "/status.json", to_json(status));
  CHECK(engine::read_status(folder.path).state == engine::State::kRunning);
  status.boot_id = "another";
  sys::write_file_atomic(folder.path + "/status.json", to_json(status));
  CHECK(engine::read_status(folder.path).state == engine::State::kExited);
  CHECK(engine::read_status(folder.path).exit_code == 255);
}

TEST_CASE("A damaged status reads as exited and names the file") {
  const Folder folder;
  for (const char* text : {"", "{", "{\"state\":\"run", "[]", "{\"state\":\"flying\"}"}) {
    INFO(text);
    sys::write_file_atomic(folder.path + "/status.json", text);
    for (const engine::Status& status :
         {engine::read_status(folder.path), engine::read_recorded_status(folder.path)}) {
      CHECK(status.state == engine::State::kExited);
      CHECK(status.exit_code == 255);
      CHECK(status.error.find(folder.path + "/status.json") != std::string::npos);
    }
  }
}

TEST_CASE("Long lines are cut at 16 KiB between characters, and bytes that are no UTF-8 are replaced") {
  const Folder folder;
  const std::string path = folder.path + "/log";
  JsonLog log({path, 0, 1, false, ""});
  std::string line(16383, 'a');
  line += "\xc3\xbc";  // ü across the border
  line += "tail";
  log.write(JsonLog::Stream::kStdout, line + "\n");
  log.write(JsonLog::Stream::kStderr, "half");
  log.write(JsonLog::Stream::kStdout, "a\xff\x01\"\\\xed\xa0\x80z\n");
  CHECK(logged(path) ==
        std::vector<std::string>{std::string(16383, 'a'), "\xc3\xbctail\n",
                                 "a\xef\xbf\xbd\x01\"\\\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\n"});
  log.write(JsonLog::Stream::kStderr, " whole\n");
  log.write(JsonLog::Stream::kStdout, "rest");
  log.flush();
  CHECK(logged(path).at(3) == "half whole\n");
  CHECK(logged(path).at(4) == "rest");
}

TEST_CASE("A log is rotated by size and keeps the asked number of files") {
  const Folder folder;
  const std::string path = folder.path + "/log";
  {
    JsonLog log({path, 200, 3, false, ""});
    for (int i = 0; i < 20; ++i) log.write(JsonLog::Stream::kStdout, "line " + std::to_string(i) + "\n");
  }
  CHECK(logged(path).back() == "line 19\n");
  CHECK(sys::read_file(path).size() <= 200);
  CHECK(::access((path + ".1").c_str(), F_OK) == 0);
  CHECK(::access((path + ".2").c_str(), F_OK) == 0);
  CHECK(::access((path + ".3").c_str(), F_OK) != 0);
}

TEST_CASE("A log that somebody removes or empties goes on where it is found, whole lines only") {
  const Folder folder;
  const std::string path = folder.path + "/container.log";
  JsonLog log({path, 400, 2, false, ""});
  log.write(JsonLog::Stream::kStdout, "one\n");
  REQUIRE(::unlink(path.c_str()) == 0);
  log.write(JsonLog::Stream::kStdout, "two\n");
  CHECK(sys::read_file(path).starts_with("{\"log\":\"two\\n\""));
  for (int i = 0; i < 3; ++i) log.write(JsonLog::Stream::kStdout, "more\n");
  REQUIRE(::truncate(path.c_str(), 0) == 0);
  log.write(JsonLog::Stream::kStdout, "three\n");
  CHECK(sys::read_file(path).starts_with("{\"log\":\"three\\n\""));
  CHECK(::access((path + ".1").c_str(), F_OK) != 0);  // it is not as long as it was
  CHECK(log.lost() == 0);
}

TEST_CASE("Rotated files are compressed, and tell which file they were") {
  const Folder folder;
  const std::string path = folder.path + "/log";
  struct stat first {};
  {
    JsonLog log({path, 200, 3, true, ""});
    log.write(JsonLog::Stream::kStdout, "line\n");
    REQUIRE(::stat(path.c_str(), &first) == 0);
    for (int i = 0; i < 5; ++i) log.write(JsonLog::Stream::kStdout, "line\n");
  }
  CHECK(::access((path + ".1").c_str(), F_OK) != 0);
  CHECK(::access((path + ".1.gz.tmp").c_str(), F_OK) != 0);
  CHECK(sys::read_file(path + ".2.gz")
            .find(std::to_string(first.st_dev) + ':' + std::to_string(first.st_ino)) == 10);
  CHECK(::access((path + ".3.gz").c_str(), F_OK) != 0);
}

TEST_CASE("What every line carries stands before its time") {
  const Folder folder;
  const std::string path = folder.path + "/log";
  JsonLog log({path, 0, 1, false, R"({"tag":"x"})"});
  log.write(JsonLog::Stream::kStderr, "line\n");
  CHECK(
      sys::read_file(path).starts_with(R"({"log":"line\n","stream":"stderr","attrs":{"tag":"x"},"time":")"));
}

TEST_CASE("A log goes on after a rotation that failed") {
  const Folder folder;
  const std::string path = folder.path + "/here/log";
  sys::make_dirs(folder.path + "/here");
  JsonLog log({path, 200, 2, false, ""});
  for (const char* text : {"one\n", "two\n"}) log.write(JsonLog::Stream::kStdout, text);
  REQUIRE(::rename((folder.path + "/here").c_str(), (folder.path + "/away").c_str()) == 0);
  for (int i = 0; i < 3; ++i) log.write(JsonLog::Stream::kStdout, "lost\n");
  CHECK(log.lost() == 3);
  REQUIRE(::rename((folder.path + "/away").c_str(), (folder.path + "/here").c_str()) == 0);
  log.write(JsonLog::Stream::kStdout, "three\n");
  CHECK(log.lost() == 3);
  CHECK(logged(path).back() == "three\n");
  CHECK(sys::read_file(path).size() <= 200);
}

TEST_CASE("Restart waits double up to a minute and start over after a long run") {
  engine::RestartPolicy always({"always"});
  CHECK(always.delay_after_exit(0, 5, 0, false) == 100);
  CHECK(always.delay_after_exit(0, 5, 1, false) == 200);
  for (int i = 0; i < 20; ++i) always.delay_after_exit(0, 5, 2, false);
  CHECK(always.delay_after_exit(0, 5, 30, false) == 60000);
  CHECK(always.delay_after_exit(0, 10000, 31, false) == 100);
  CHECK_FALSE(always.delay_after_exit(0, 5, 32, true));
  engine::RestartPolicy failure({"on-failure", 2});
  CHECK_FALSE(failure.delay_after_exit(0, 5, 0, false));
  CHECK(failure.delay_after_exit(1, 5, 1, false));
  CHECK_FALSE(failure.delay_after_exit(1, 5, 2, false));
  CHECK_FALSE(engine::RestartPolicy({"no"}).delay_after_exit(1, 5, 0, false));
  CHECK_THROWS_AS(engine::RestartPolicy({"sometimes"}), engine::Error);
}

TEST_CASE(
    "A restart waits as long as it is told, and a run as long as the window makes those before it no "
    "matter") {
  engine::RestartPolicy policy({"always", 2, 5000, 3000});
  CHECK(policy.delay_after_exit(1, 10, 0, false) == 5000);
  CHECK(policy.delay_after_exit(1, 10, 1, false) == 5000);
  CHECK_FALSE(policy.delay_after_exit(1, 10, 2, false));
  CHECK(policy.delay_after_exit(0, 3000, 2, false) == 5000);
  CHECK(policy.delay_after_exit(1, 10, 3, false) == 5000);
  CHECK_FALSE(policy.delay_after_exit(1, 10, 4, false));
  CHECK(engine::RestartPolicy({"on-failure", 0, 0}).delay_after_exit(1, 20000, 9, false) == 0);
}

TEST_CASE("Failures in the start period do not count, and its own interval is used until the first success") {
  engine::SpecHealthCheck check{{"CMD", "x"}, 30000, 1000, 5000, 100, 2};
  engine::HealthState health(check);
  engine::Status status;
  health.begin(status, 1000);
  CHECK(health.next_delay(status, 1000) == 100);
  engine::HealthResult failed;
  failed.exit_code = 1;
  CHECK_FALSE(health.record(status, failed, 2000));
  CHECK(status.failing_streak == 0);
  CHECK(health.next_delay(status, 6000) == 30000);
  CHECK_FALSE(health.record(status, failed, 7000));
  CHECK(health.record(status, failed, 8000));
  CHECK(status.health == Health::kUnhealthy);
  CHECK(health.record(status, {}, 9000));
  CHECK(status.health == Health::kHealthy);
  for (int i = 0; i < 9; ++i) health.record(status, {}, 9000);
  CHECK(status.health_log.size() == 5);
  CHECK_FALSE(engine::HealthState({{"NONE"}}).enabled());

  // A new monitor counts from the container's start.
  status = {};
  status.health = Health::kStarting;
  engine::HealthState resumed(check);
  resumed.resume(1000);
  CHECK_FALSE(resumed.record(status, failed, 5900));
  CHECK(status.failing_streak == 0);
  resumed.record(status, failed, 6000);
  CHECK(status.failing_streak == 1);
  CHECK(engine::HealthState({{"CMD-SHELL", "a b"}}).command() ==
        std::vector<std::string>{"/bin/sh", "-c", "a b"});
  CHECK(engine::HealthState({{"CMD-SHELL", "a", "-U", "b"}}).command() ==
        std::vector<std::string>{"/bin/sh", "-c", "a", "-U", "b"});
}

TEST_CASE("Zero in a health check means the default") {
  engine::HealthState health({{"CMD", "x"}, 0, 0, 1000, 0, 0});
  engine::Status status;
  health.begin(status, 0);
  CHECK(health.timeout_ms() == 30000);
  CHECK(health.next_delay(status, 0) == 5000);
  CHECK(health.next_delay(status, 2000) == 30000);
  engine::HealthResult failed;
  failed.exit_code = 1;
  CHECK_FALSE(health.record(status, failed, 2000));
  CHECK_FALSE(health.record(status, failed, 2000));
  CHECK(health.record(status, failed, 2000));
}

TEST_CASE("cap_add and cap_drop change Docker's default set") {
  using List = std::vector<std::string>;
  CHECK(engine::effective_capabilities({}, {}, false).size() == 14);
  CHECK(engine::effective_capabilities({"ALL"}, {}, false).size() == 41);
  CHECK(engine::effective_capabilities({}, {"all"}, false).empty());
  CHECK(engine::effective_capabilities({"CAP_NET_ADMIN"}, {"ALL"}, false) == List{"CAP_NET_ADMIN"});
  CHECK(engine::effective_capabilities({}, {"ALL"}, true).size() == 41);
  CHECK(engine::effective_capabilities({"ALL"}, {"CHOWN"}, false).size() == 40);
  CHECK(engine::effective_capabilities({"ALL", "CHOWN"}, {"ALL"}, false).size() == 41);
  CHECK(engine::effective_capabilities({"KILL"}, {"KILL", "CHOWN"}, false).size() == 13);
  CHECK_THROWS_WITH(engine::effective_capabilities({"FLY"}, {}, false), Catch::Contains("FLY"));
}

TEST_CASE("Signals go by name, with or without SIG, and by number") {
  CHECK(engine::signal_number("TERM") == 15);
  CHECK(engine::signal_number("sigusr1") == 10);
  CHECK(engine::signal_number("9") == 9);
  CHECK(engine::signal_number("RTMIN+3") == 37);
  for (const char* bad : {"", "0", "NOPE", "99", "RTMIN+99"})
    CHECK_THROWS_AS(engine::signal_number(bad), engine::Error);
}

TEST_CASE("The default filter is compiled once per set of capabilities") {
  const Folder folder;
  const auto plain = engine::effective_capabilities({}, {}, false);
  const std::string path = engine::cached_default_seccomp(folder.path, plain).path;
  CHECK(path == engine::cached_default_seccomp(folder.path, plain).path);
  const auto admin = engine::effective_capabilities({"SYS_ADMIN"}, {}, false);
  CHECK(path != engine::cached_default_seccomp(folder.path, admin).path);
  const std::string bytes = sys::read_file(path);
  CHECK(bytes.size() % sizeof(sock_filter) == 0);
  CHECK(bytes.size() / sizeof(sock_filter) < 4096);
  CHECK(bytes == engine::compile_default_seccomp(plain));
}
