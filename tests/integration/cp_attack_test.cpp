// A container that tries to have `cp` read or write outside of it (CVE-2018-15664, CVE-2019-14271).
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "sandbox.h"
#include "sys/file.h"
#include "sys/folder.h"

using it::Sandbox;

namespace {

constexpr char kApp[] =
    "services:\n  app:\n    image: busybox\n    command: [sleep, \"1000\"]\n    stop_grace_period: 0s\n";

// A place of the host that no container has; what a link in a container says leads there, outside.
class HostPlace {
 public:
  explicit HostPlace(Sandbox& sandbox) : path(sandbox.directory() + "/host") {
    sys::make_dirs(path);
    sys::write_file_atomic(path + "/secret", "secret");
  }
  bool untouched() const { return sys::names_in(path) == std::vector<std::string>{"secret"}; }
  std::string path;
};

}  // namespace

TEST_CASE("a link in a container leads to a place in the container, never to the host's") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  const HostPlace host(sandbox);
  sandbox.file("file", "text");
  sandbox.ok({"up", "-d"});
  const auto attack = [&] {
    CHECK(sandbox.compose({"cp", "-L", "app:/secret", "got"}).code == 1);
    CHECK(sandbox.compose({"cp", "app:/out/secret", "got"}).code == 1);
    CHECK(sandbox.compose({"cp", "app:/up/secret", "got"}).code == 1);
    CHECK(sandbox.compose({"cp", "app:" + std::string("/../../..") + host.path + "/secret", "got"}).code ==
          1);
    CHECK(sandbox.compose({"cp", "file", "app:/out/made"}).code == 1);
    CHECK(sandbox.compose({"cp", "file", "app:/up/made"}).code == 1);
    CHECK(sandbox.compose({"cp", "file", "app:/secret"}).code == 1);  // a link to nowhere, in the container
    CHECK(::access((sandbox.directory() + "/got").c_str(), F_OK) != 0);
    CHECK(host.untouched());
  };
  sandbox.inside("app", {"sh", "-c",
                         "ln -s " + host.path + " /out; ln -s ../../../.." + host.path + " /up; ln -s " +
                             host.path + "/secret /secret; ln -s /proc/1/root /magic"});
  attack();
  // The link of /proc that needs no path to be followed.
  sandbox.compose({"cp", "file", "app:/magic/made-by-magic"});
  CHECK(::access("/made-by-magic", F_OK) != 0);
  sandbox.ok({"stop"});
  attack();
  sandbox.finish();
}

TEST_CASE("a folder exchanged for a link while copying does not lead out of the container") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  const HostPlace host(sandbox);
  sandbox.file("tree/a/b/file", "text");
  sandbox.file("tree/a/c/file", "text");
  sandbox.ok({"up", "-d"});
  // `t` is a folder one moment and a link to the host's place the next, as are the folders in it.
  sandbox.inside("app", {"sh", "-c",
                         "mkdir -p /t/a/b /keep/a/b; ln -s " + host.path +
                             " /link; echo own > /t/secret; "
                             "echo own > /t/a/secret"});
  sandbox.ok({"exec", "-d", "app", "sh", "-c",
              "while :; do mv /t /t.away && ln -s " + host.path +
                  " /t; rm -f /t; mv /t.away /t; "
                  "mv /t/a /t/a.away && ln -s " +
                  host.path + " /t/a; rm -f /t/a; mv /t/a.away /t/a; done"});
  int in = 0, out = 0;
  for (int i = 0; i < 60; ++i) {
    in += sandbox.compose({"cp", "tree/.", "app:/t"}).code == 0 ? 1 : 0;
    in += sandbox.compose({"cp", "tree/a/b/file", "app:/t/a/x"}).code == 0 ? 1 : 0;
    const std::string got = "got" + std::to_string(i);
    out += sandbox.compose({"cp", "-L", "app:/t/a/.", got}).code == 0 ? 1 : 0;
    const auto secret = sys::read_file_if_exists(sandbox.directory() + '/' + got + "/secret");
    CHECK((!secret || *secret == "own\n"));
    sandbox.compose({"cp", "app:/t/a/secret", got + "-file"});
    const auto file = sys::read_file_if_exists(sandbox.directory() + '/' + got + "-file");
    CHECK((!file || *file == "own\n"));
    if (!host.untouched()) break;
  }
  CHECK(host.untouched());
  CHECK(in > 0);  // the attack leaves gaps: something was really tried
  CHECK(out > 0);
  sandbox.finish();
}

TEST_CASE("nothing of the container is loaded or run for a copy") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  sandbox.file("file", "text");
  sandbox.ok({"up", "-d"});
  // A name service library, a locale and a loader's list that only who made the container its root would
  // read.
  sandbox.inside("app", {"sh", "-c",
                         "mkdir -p /lib/x86_64-linux-gnu /usr/lib/locale; for f in /lib/libnss_files.so.2 "
                         "/lib/x86_64-linux-gnu/libnss_files.so.2 /lib/x86_64-linux-gnu/libarchive.so.13 "
                         "/etc/ld.so.preload /etc/ld.so.cache /usr/lib/locale/locale-archive /etc/passwd "
                         "/etc/nsswitch.conf; do rm -f $f; mkfifo $f; done"});
  // A FIFO that anybody opens for reading would be waited for.
  sandbox.ok({"cp", "-a", "file", "app:/copied"});
  sandbox.ok({"cp", "app:/copied", "back"});
  CHECK(sandbox.ok({"cp", "app:/copied", "-"}).out.size() > 512);
  sandbox.ok({"cp", "app:/etc", "etc"});
  struct stat status {};
  REQUIRE(::lstat((sandbox.directory() + "/etc/passwd").c_str(), &status) == 0);
  CHECK(S_ISFIFO(status.st_mode));
  sandbox.finish();
}
