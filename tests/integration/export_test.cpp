#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <sstream>

#include "leftovers.h"
#include "sandbox.h"
#include "sys/file.h"

using it::Sandbox;

namespace {

constexpr char kApp[] =
    "services:\n  app:\n    image: busybox\n    command: [sleep, \"1000\"]\n    stop_grace_period: 0s\n";

std::string listing(const std::string& archive) {
  return it::run({"tar", "--numeric-owner", "--full-time", "-tvf", archive}).out;
}

}  // namespace

TEST_CASE("an export is the container's tree, of a running and a stopped one alike, and an image again") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  sandbox.ok({"up", "-d"});
  sandbox.inside("app", {"sh", "-c",
                         "mkdir /made; echo text > /made/file; ln /made/file /made/twin; mkfifo /made/fifo; "
                         "ln -s /etc/shadow /made/link; mknod /made/disk b 7 9; rm /etc/nsswitch.conf; "
                         "printf x > \"/made/new\nline\"; chown 12:34 /made/file; chmod 4751 /made/file"});
  const std::string name = sandbox.project() + "-app-1", folder = sandbox.directory() + '/';
  sandbox.ok({"export", "-o", "running.tar", "app"});
  sandbox.ok({"stop"});
  sandbox.file("stopped.tar", sandbox.ok({"container", "export", name}).out);
  CHECK(listing(folder + "running.tar") == listing(folder + "stopped.tar"));
  const std::string list = listing(folder + "running.tar");
  for (const char* part :
       {"-rwsr-x--x 12/34", "made/twin link to made/file", "prw-r--r-- 0/0", "made/link -> /etc/shadow",
        "brw-r--r-- 0/0", "7,9", "made/new\\nline", "bin/busybox"})
    CHECK(list.find(part) != std::string::npos);
  CHECK(list.find("nsswitch") == std::string::npos);
  CHECK(list.find("root:") == std::string::npos);

  sandbox.ok({"image", "import", "running.tar", "again:1", "-c", "CMD [\"cat\", \"/made/file\"]"});
  sandbox.file("again.yaml", "services:\n  again:\n    image: again:1\n");
  sandbox.ok({"-f", "again.yaml", "create"});
  sandbox.ok({"-f", "again.yaml", "export", "-o", "again.tar", "again"});
  CHECK(listing(folder + "again.tar") == list);
  sandbox.ok({"-f", "again.yaml", "up"});
  CHECK(sandbox.log("again") == "text\n");
  sandbox.ok({"-f", "again.yaml", "down"});
  sandbox.finish();
}

TEST_CASE("an archive is not written to a terminal, and its file is there whole or not at all") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(kApp);
  sandbox.ok({"create"});
  const std::string program = sandbox.command({}).front();
  const it::Output terminal =
      it::run({"script", "-qec", program + " export app", "/dev/null"}, sandbox.options());
  CHECK(terminal.code == 1);
  CHECK(terminal.out.find("output option is required when exporting to terminal") != std::string::npos);

  const it::Output nowhere = sandbox.compose({"export", "-o", "no/such/folder.tar", "app"});
  CHECK(nowhere.code == 1);
  CHECK(nowhere.err.find("no/such/folder.tar") != std::string::npos);
  // What is there already stays until the new one is whole: here it never will be.
  sandbox.file("old.tar", "old");
  CHECK(sandbox.compose({"export", "-o", "old.tar", "nobody"}).code == 1);
  CHECK(sandbox.compose({"container", "export", "-o", "old.tar", "nobody"}).code == 1);
  CHECK(sys::read_file(sandbox.directory() + "/old.tar") == "old");
  sandbox.ok({"export", "-o", "old.tar", "app"});
  CHECK(it::run({"tar", "-tf", sandbox.directory() + "/old.tar"}).code == 0);
  struct stat status {};
  REQUIRE(::stat((sandbox.directory() + "/old.tar").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);  // it may hold secrets
  sandbox.ok({"export", "-o", "/dev/null", "app"});
  CHECK(it::run({"stat", "-c", "%F", "/dev/null"}).out == "character special file\n");
  CHECK(it::entries(sandbox.directory()) == std::set<std::string>{"compose.yaml", "old.tar"});
  sandbox.finish();
}

TEST_CASE("a container that tries to lead an export or a commit outside gets its own files only") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("secret", "of the host\n");
  sandbox.compose_file(std::string(kApp) + "    cap_add: [SYS_ADMIN]\n");
  sandbox.ok({"up", "-d"});
  const std::string up = "../../../../../../../../../../";
  sandbox.inside("app", {"sh", "-c",
                         "rm -rf /usr /home; ln -s " + up + sandbox.directory() + " /usr; ln -s " +
                             sandbox.directory() + " /home; ln -s " + up +
                             " /root/up; mkfifo /var/fifo; "
                             "mkdir -p /a/b; ln -s ../.. /a/b/c"});
  sandbox.ok({"export", "-o", "out.tar", "app"});
  const std::string list = listing(sandbox.directory() + "/out.tar");
  CHECK(list.find("secret") == std::string::npos);
  CHECK(list.find(" home -> ") != std::string::npos);
  CHECK(list.find("a/b/c -> ../..\n") != std::string::npos);
  sandbox.ok({"commit", "app", "hostile"});
  CHECK(sandbox.ok({"container", "diff", sandbox.project() + "-app-1"}).out.find("secret") ==
        std::string::npos);
  CHECK(it::run({"grep", "-rl", "of the host", sandbox.data_root()}).out.empty());
  sandbox.finish();
}
