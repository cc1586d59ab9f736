// Device files of a container and what its processes may do with them.
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "engine/container/device_rules.h"
#include "engine/error.h"
#include "fixture.h"
#include "sys/file.h"

using container_test::Container;

namespace {

// The number of /dev/fuse, which the standard rules do not have and whoever may open.
constexpr int kMajor = 10, kMinor = 229;

// A folder with a device file, and below it another one beside a plain file.
class HostDevices {
 public:
  explicit HostDevices(const std::string& root) : path(root + "/host-dev") {
    sys::make_dirs(path + "/bus");
    make("/one", ::makedev(kMajor, kMinor), 0640);
    make("/bus/two", ::makedev(1, 5), 0666);
    sys::write_file_atomic(path + "/bus/notes", "no device");
  }
  const std::string path;

 private:
  void make(const std::string& name, dev_t number, mode_t mode) const {
    REQUIRE(::mknod((path + name).c_str(), S_IFCHR | mode, number) == 0);
    REQUIRE(::chmod((path + name).c_str(), mode) == 0);
    REQUIRE(::chown((path + name).c_str(), 1000, 44) == 0);
  }
};

}  // namespace

TEST_CASE("A device rule is a type, numbers and an access") {
  CHECK(engine::parse_device_rule("c 1:3 rwm").text() == "c 1:3 rwm");
  CHECK(engine::parse_device_rule("b 8:* r").text() == "b 8:* r");
  CHECK(engine::parse_device_rule("a *:* rw").text() == "a *:* rw");
  for (const char* wrong : {"", "c", "x 1:3 r", "c 1 r", "c 1:3", "c 1:3 x", "c 1:3 ", "c :3 r", "c -1:3 r",
                            "c 1:3  r", "c 99999999:1 r", "c 1:3 r\n"}) {
    INFO(wrong);
    CHECK_THROWS_AS(engine::parse_device_rule(wrong), engine::Error);
  }
}

TEST_CASE("A device of the host is there with its owner, and may be used as allowed") {
  if (!container_test::is_root()) return;
  Container box;
  const HostDevices host(box.root);
  box.spec.devices = {{host.path + "/one", "/dev/mine", "r"}};
  CHECK(box.exec("stat -c '%F %a %u %g %t:%T' /dev/mine").second ==
        "character special file 640 1000 44 a:e5\n");
  // Without such a driver the kernel has another error than that of the rule.
  CHECK(box.exec(": < /dev/mine").second.find("not permitted") == std::string::npos);
  CHECK(box.exec(": > /dev/mine").second.find("not permitted") != std::string::npos);
}

TEST_CASE("A folder of devices gives all that are in it, at the place that is asked for") {
  if (!container_test::is_root()) return;
  Container box;
  const HostDevices host(box.root);
  box.spec.devices = {{host.path, "/dev/group", "rwm"}};
  CHECK(box.exec("ls /dev/group /dev/group/bus").second == "/dev/group:\nbus\none\n\n/dev/group/bus:\ntwo\n");
}

TEST_CASE("A device that is there from an earlier start is made anew") {
  if (!container_test::is_root()) return;
  Container box;
  const HostDevices host(box.root);
  box.spec.devices = {{host.path + "/one", "/data/mine", "rwm"}};
  CHECK(box.exec("ls -l /data/mine | cut -c1").second == "c\n");
  box.stop();
  CHECK(box.exec("ls -l /data/mine | cut -c1").second == "c\n");
}

TEST_CASE("A device rule opens what the container makes itself, and only that") {
  if (!container_test::is_root()) return;
  const std::string script =
      "mknod /tmp/ruled c 10 229; mknod /tmp/mem c 1 1; for name in ruled mem; do (: < /tmp/$name) 2>&1 | "
      "grep -q 'not permitted' && echo $name; done";
  Container plain;
  CHECK(plain.exec(script).second == "ruled\nmem\n");
  Container ruled;
  ruled.spec.device_cgroup_rules = {"c 10:229 r"};
  CHECK(ruled.exec(script).second == "mem\n");
}

TEST_CASE("What is no device is refused by its path") {
  if (!container_test::is_root()) return;
  Container box;
  box.spec.devices = {{"/etc/passwd", "/dev/x", "rwm"}};
  CHECK_THROWS_WITH(box.start(), Catch::Contains("/etc/passwd"));
  Container missing;
  missing.spec.devices = {{"/dev/there-is-none", "/dev/x", "rwm"}};
  CHECK_THROWS_WITH(missing.start(), Catch::Contains("/dev/there-is-none"));
}

TEST_CASE("A device does not reach out of the container through its image's links") {
  if (!container_test::is_root()) return;
  Container box;
  const HostDevices host(box.root);
  sys::make_dirs(box.root + "/outside");
  REQUIRE(::symlink((box.root + "/outside").c_str(), (box.lower() + "/out").c_str()) == 0);
  box.spec.devices = {{host.path + "/one", "/out/mine", "rwm"}};
  box.exec("true");
  CHECK(::access((box.root + "/outside/mine").c_str(), F_OK) != 0);
}
