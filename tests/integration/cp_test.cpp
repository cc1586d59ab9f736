// cp and container cp: the rules of docker cp, in every state of a container.
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "sandbox.h"
#include "sys/error.h"
#include "sys/file.h"
#include "sys/folder.h"

using it::Sandbox;

namespace {

constexpr char kApp[] = R"(
services:
  app:
    image: busybox
    command: [sleep, "1000"]
    stop_grace_period: 0s
    volumes: ["data:/data", "./bound:/bound", "./fixed:/fixed:ro"]
    tmpfs: [/scratch]
volumes: {data: }
)";

std::string at(Sandbox& sandbox, const std::string& path) {
  return sandbox.directory() + '/' + path;
}

std::string text(Sandbox& sandbox, const std::string& path) {
  return sys::read_file_if_exists(at(sandbox, path)).value_or("(missing)");
}

struct stat status_of(Sandbox& sandbox, const std::string& path) {
  struct stat status {};
  sys::check(::lstat(at(sandbox, path).c_str(), &status), "lstat", path);
  return status;
}

void prepare(Sandbox& sandbox) {
  sys::make_dirs(at(sandbox, "bound"));
  sys::make_dirs(at(sandbox, "fixed"));
  sandbox.compose_file(kApp);
}

void fails_with(Sandbox& sandbox, const std::vector<std::string>& args, const std::string& part) {
  const it::Output output = sandbox.compose(args);
  CHECK(output.code == 1);
  CHECK_THAT(output.err, Catch::Contains(part));
}

}  // namespace

TEST_CASE("cp puts files where docker cp does, by what is there already") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  prepare(sandbox);
  sandbox.file("file", "one");
  sandbox.file("tree/sub/deep", "two");
  sandbox.ok({"up", "-d"});
  sandbox.ok({"cp", "file", "app:/new"});
  sandbox.ok({"cp", "file", "app:/data"});
  sandbox.ok({"cp", "tree", "app:/made"});
  sandbox.ok({"cp", "tree", "app:/data/"});
  sandbox.ok({"cp", "tree/.", "app:/bound"});
  sandbox.ok({"cp", "tree", "app:relative"});
  CHECK(sandbox.inside("app", {"cat", "/new", "/data/file", "/made/sub/deep", "/data/tree/sub/deep",
                               "/bound/sub/deep", "/relative/sub/deep"}) == "oneonetwotwotwotwo");
  CHECK(text(sandbox, "bound/sub/deep") == "two");
  sandbox.file("file", "other");
  sandbox.ok({"cp", "./file", "app:/new"});
  CHECK(sandbox.inside("app", {"cat", "/new"}) == "other");

  fails_with(sandbox, {"cp", "file", "app:/nowhere/"}, "no such directory");
  fails_with(sandbox, {"cp", "file", "app:/no/where"}, "no such file or directory");
  fails_with(sandbox, {"cp", "file", "app:/new/"}, "not a directory");
  fails_with(sandbox, {"cp", "tree", "app:/new"}, "cannot copy a directory onto a file");
  fails_with(sandbox, {"cp", "file/.", "app:/data"}, "not a directory");
  fails_with(sandbox, {"cp", "nothing", "app:/data"}, "no such file or directory: nothing");
  fails_with(sandbox, {"cp", "app:/nothing", "."}, "-app-1:/nothing");
  sandbox.inside("app", {"mkdir", "-p", "/full/file", "/full2"});
  sandbox.inside("app", {"touch", "/full2/tree"});
  fails_with(sandbox, {"cp", "file", "app:/full"}, "cannot overwrite directory");
  fails_with(sandbox, {"cp", "tree", "app:/full2"}, "cannot overwrite non-directory");
  fails_with(sandbox, {"cp", "file", "other"}, "neither 'file' nor 'other'");
  fails_with(sandbox, {"cp", "app:/new", "app:/newer"}, "between services is not supported");
  fails_with(sandbox, {"cp", "nobody:/new", "."}, "nobody");
  fails_with(sandbox, {"cp", "file", "app:/proc/1"}, "kernel's own");

  sandbox.ok({"cp", "app:/made", "out"});
  sandbox.ok({"cp", "app:/made", "out"});
  sandbox.ok({"cp", "app:/made/.", "out2"});
  sandbox.ok({"cp", "app:/data/file", "tree/"});
  CHECK(text(sandbox, "out/sub/deep") == "two");
  CHECK(text(sandbox, "out/made/sub/deep") == "two");
  CHECK(text(sandbox, "out2/sub/deep") == "two");
  CHECK(text(sandbox, "tree/file") == "one");
  sandbox.finish();
}

TEST_CASE("a copy into a container is root's and one out of it the caller's, and with -a owners are kept") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  prepare(sandbox);
  sandbox.file("tree/mine", "x");
  REQUIRE(::chown(at(sandbox, "tree/mine").c_str(), 1234, 2345) == 0);
  REQUIRE(::chmod(at(sandbox, "tree/mine").c_str(), 04750) == 0);
  REQUIRE(::link(at(sandbox, "tree/mine").c_str(), at(sandbox, "tree/twin").c_str()) == 0);
  REQUIRE(::mkfifo(at(sandbox, "tree/fifo").c_str(), 0640) == 0);
  REQUIRE(::symlink("/etc/passwd", at(sandbox, "tree/link").c_str()) == 0);
  sandbox.ok({"up", "-d"});
  sandbox.ok({"cp", "tree", "app:/plain"});
  sandbox.ok({"cp", "-a", "tree", "app:/kept"});
  const char* const kFormat = "%n %u:%g %a %h %F";
  const auto seen = [&](const std::string& path) {
    return sandbox.inside("app", {"stat", "-c", kFormat, path});
  };
  CHECK(seen("/plain/mine") == "/plain/mine 0:0 4750 2 regular file\n");
  CHECK(seen("/plain/fifo") == "/plain/fifo 0:0 640 1 fifo\n");
  CHECK(seen("/kept/twin") == "/kept/twin 1234:2345 4750 2 regular file\n");
  CHECK(sandbox.inside("app", {"readlink", "/kept/link"}) == "/etc/passwd\n");

  // A program that means root's rights in a container must not mean them out here.
  sandbox.ok({"cp", "app:/kept", "out"});
  CHECK(status_of(sandbox, "out/mine").st_uid == 0);
  CHECK((status_of(sandbox, "out/mine").st_mode & 07777) == 0750);
  CHECK(status_of(sandbox, "out/mine").st_nlink == 2);
  CHECK(S_ISFIFO(status_of(sandbox, "out/fifo").st_mode));
  CHECK(S_ISLNK(status_of(sandbox, "out/link").st_mode));
  sandbox.ok({"cp", "--archive", "app:/kept", "out-a"});
  CHECK(status_of(sandbox, "out-a/mine").st_uid == 1234);
  CHECK((status_of(sandbox, "out-a/mine").st_mode & 07777) == 04750);
  sandbox.inside(
      "app",
      {"sh", "-c",
       "mkdir /odd; mknod /odd/disk b 7 0; echo x > /odd/file; mknod \"/odd/$(printf '\\033')[2J\" b 7 0"});
  const it::Output odd = sandbox.ok({"cp", "-a", "app:/odd", "."});
  CHECK_THAT(odd.err, Catch::Contains("/odd/disk: it is a device"));
  CHECK(odd.err.find('\033') == std::string::npos);  // a name is no order to a terminal
  CHECK(::access(at(sandbox, "odd/disk").c_str(), F_OK) != 0);
  CHECK(text(sandbox, "odd/file") == "x\n");
  sandbox.finish();
}

TEST_CASE("cp follows a link of the destination, and one of the source when asked to") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  prepare(sandbox);
  sandbox.file("file", "text");
  REQUIRE(::symlink("file", at(sandbox, "link").c_str()) == 0);
  sandbox.ok({"up", "-d"});
  sandbox.inside("app", {"sh", "-c",
                         "mkdir /real; ln -s /real /way; ln -s /real/later /dangling; "
                         "echo in > /real/in; ln -s /real/in /in"});
  sandbox.ok({"cp", "link", "app:/way"});
  CHECK(sandbox.inside("app", {"readlink", "/real/link"}) == "file\n");
  sandbox.ok({"cp", "-L", "link", "app:/way"});
  CHECK(sandbox.inside("app", {"cat", "/real/link"}) == "text");
  sandbox.ok({"cp", "file", "app:/dangling"});
  CHECK(sandbox.inside("app", {"cat", "/real/later"}) == "text");
  sandbox.ok({"cp", "app:/in", "as-link"});
  CHECK(S_ISLNK(status_of(sandbox, "as-link").st_mode));
  sandbox.ok({"cp", "-L", "app:/in", "as-file"});
  CHECK(text(sandbox, "as-file") == "in\n");
  sandbox.ok({"cp", "app:/way/.", "all"});
  CHECK(text(sandbox, "all/in") == "in\n");
  sandbox.finish();
}

TEST_CASE("cp works on a created, paused and exited container, with its volumes and binds in view") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  prepare(sandbox);
  sandbox.file("file", "text");
  sandbox.file("fixed/there", "fixed");
  sandbox.ok({"create"});
  const auto round_trip = [&](const std::string& name) {
    for (const char* folder : {"/", "/data/", "/bound/"}) {
      sandbox.ok({"cp", "file", "app:" + (folder + name)});
      sandbox.ok({"cp", "app:" + (folder + name), "back"});
      CHECK(text(sandbox, "back") == "text");
      REQUIRE(::unlink(at(sandbox, "back").c_str()) == 0);
    }
    CHECK(text(sandbox, "bound/" + name) == "text");
    sandbox.ok({"cp", "app:/fixed/there", "back"});
    CHECK(text(sandbox, "back") == "fixed");
    fails_with(sandbox, {"cp", "file", "app:/fixed/" + name},
               "/fixed of the host is mounted read-only at /fixed");
  };
  round_trip("created");
  fails_with(sandbox, {"cp", "file", "app:/scratch/x"}, "only while the container runs");
  fails_with(sandbox, {"cp", "file", "app:/dev/x"}, "only while the container runs");
  fails_with(sandbox, {"cp", "file", "app:/etc/hosts"}, "/etc/hosts is made anew at each start");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("app", {"cat", "/created", "/data/created"}) == "texttext");
  round_trip("running");
  sandbox.ok({"cp", "file", "app:/scratch/x"});
  CHECK(sandbox.inside("app", {"cat", "/scratch/x"}) == "text");
  // What the engine mounts there stays mounted, and what is written is seen through it.
  sandbox.ok({"cp", "file", "app:/etc/hosts"});
  CHECK(sandbox.inside("app", {"sh", "-c", "cat /etc/hosts; grep -c ' /etc/hosts ' /proc/mounts"}) ==
        "text1\n");
  sandbox.ok({"cp", "app:/", "whole"});
  CHECK(text(sandbox, "whole/etc/hosts") == "text");
  CHECK(text(sandbox, "whole/bound/running") == "text");
  CHECK(S_ISDIR(status_of(sandbox, "whole/proc").st_mode));
  CHECK(sys::names_in(at(sandbox, "whole/proc")).empty());
  CHECK(sys::names_in(at(sandbox, "whole/sys")).empty());
  sandbox.ok({"pause"});
  round_trip("paused");
  sandbox.ok({"unpause"});
  sandbox.ok({"stop"});
  round_trip("exited");
  sandbox.ok({"start"});
  CHECK(sandbox.inside("app", {"cat", "/exited", "/data/exited", "/bound/exited"}) == "texttexttext");
  CHECK_THAT(sandbox.ok({"container", "diff", sandbox.project() + "-app-1"}).out,
             Catch::Contains("A /exited"));
  sandbox.finish();
}

TEST_CASE("a container with a read-only root or volume refuses a copy and says which") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("tree/vol/x", "x");
  sandbox.compose_file(R"(
services:
  app:
    image: busybox
    command: [sleep, "1000"]
    stop_grace_period: 0s
    read_only: true
    volumes: ["data:/vol:ro", "open:/open"]
    configs: [{source: note, target: /note}]
configs: {note: {content: hello}}
volumes: {data: , open: }
)");
  sandbox.ok({"create"});
  const auto check = [&] {
    fails_with(sandbox, {"cp", "tree/vol/x", "app:/x"}, "root file system is read-only");
    fails_with(sandbox, {"cp", "tree/vol/x", "app:/vol/y"}, "_data is mounted read-only at /vol");
    fails_with(sandbox, {"cp", "tree/.", "app:/"}, "_data is mounted read-only at /vol");
    sandbox.ok({"cp", "tree/vol/x", "app:/open"});
    sandbox.ok({"cp", "app:/note", "note"});
    CHECK(text(sandbox, "note") == "hello");
  };
  check();
  sandbox.ok({"up", "-d"});
  check();
  sandbox.finish();
}

TEST_CASE("cp goes into every replica, or the one of --index, and comes from the first") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(
      "services:\n  app:\n    image: busybox\n    command: [sleep, \"1000\"]\n    stop_grace_period: 0s\n"
      "    scale: 2\n");
  sandbox.file("file", "all");
  sandbox.ok({"up", "-d"});
  sandbox.ok({"run", "-d", "--name", sandbox.project() + "-extra", "app", "sleep", "1000"});
  const auto has = [&](const std::string& container, const std::string& path) {
    return sandbox.compose({"container", "cp", "-q", container + ':' + path, "got"}).code == 0;
  };
  const std::string one = sandbox.project() + "-app-1", two = sandbox.project() + "-app-2",
                    extra = sandbox.project() + "-extra";
  CHECK_THAT(sandbox.ok({"cp", "file", "app:/each"}).err, Catch::Contains("Copied"));
  CHECK((has(one, "/each") && has(two, "/each") && !has(extra, "/each")));
  sandbox.ok({"cp", "--all", "file", "app:/really"});
  CHECK((has(one, "/really") && has(two, "/really") && has(extra, "/really")));
  sandbox.ok({"cp", "--index", "2", "file", "app:/second"});
  CHECK((!has(one, "/second") && has(two, "/second")));
  fails_with(sandbox, {"cp", "--index", "9", "file", "app:/x"}, "no container number 9");
  const it::Output dry = sandbox.ok({"cp", "--dry-run", "file", "app:/dry"});
  CHECK(dry.out == "copy file to " + one + ":/dry\ncopy file to " + two + ":/dry\n");
  CHECK_FALSE(has(one, "/dry"));
  // One archive for both.
  sandbox.options().input = it::run({"tar", "-C", sandbox.directory(), "-c", "file"}).out;
  sandbox.ok({"cp", "-", "app:/tmp"});
  sandbox.options().input.clear();
  CHECK((has(one, "/tmp/file") && has(two, "/tmp/file")));
  sandbox.ok({"container", "rm", "-f", extra});
  sandbox.finish();
}

TEST_CASE("as - a tar archive goes both ways, with the owners of the container") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  prepare(sandbox);
  sandbox.ok({"up", "-d"});
  sandbox.inside("app", {"sh", "-c",
                         "mkdir -p /d/e; echo x > /d/e/f; ln /d/e/f /d/g; chown 5:6 /d/g; "
                         "mkfifo /d/p; ln -s / /d/l"});
  const auto names = [&](const std::string& source) {
    sandbox.file("out.tar", sandbox.ok({"cp", source, "-"}).out);
    return it::run({"tar", "--numeric-owner", "-tvf", at(sandbox, "out.tar")}).out;
  };
  CHECK_THAT(names("app:/d/g"), Catch::Contains("5/6") && Catch::EndsWith(" g\n"));
  const std::string contents = names("app:/d/.");
  CHECK_THAT(contents, Catch::Contains(" ./e/f\n") && Catch::Contains("./g link to ./e/f"));
  const std::string list = names("app:/d");
  CHECK_THAT(list, Catch::Contains(" d/e/f\n") && Catch::Contains("d/l -> /") && Catch::Contains("prw"));

  sandbox.options().input = text(sandbox, "out.tar");
  sandbox.ok({"cp", "-", "app:/data"});
  sandbox.ok({"cp", "-a", "-", "app:/bound"});
  fails_with(sandbox, {"cp", "-", "app:/d/g"}, "must be a directory");
  fails_with(sandbox, {"cp", "-", "app:/none"}, "no such file or directory");
  sandbox.options().input = "this is no archive";
  fails_with(sandbox, {"cp", "-", "app:/data"}, "archive");
  sandbox.options().input.clear();
  CHECK(sandbox.inside("app", {"stat", "-c", "%u:%g %h", "/data/d/g", "/bound/d/g"}) == "5:6 2\n5:6 2\n");
  sandbox.file("name/x", "x");
  // Compressed, and with names that lead out: refused by name.
  sandbox.options().input =
      it::run({"tar", "-C", at(sandbox, "name"), "-czP", "--transform=s,^,up/../../,", "x"}).out;
  fails_with(sandbox, {"cp", "-", "app:/data"}, "contains \"..\"");
  sandbox.options().input =
      it::run({"tar", "-C", at(sandbox, "name"), "-czP", "--transform=s,^,/abs/,", "x"}).out;
  sandbox.ok({"cp", "-", "app:/data"});
  sandbox.options().input.clear();
  CHECK(sandbox.inside("app", {"cat", "/data/abs/x"}) == "x");
  const std::string program = sandbox.command({}).front();
  CHECK_THAT(it::run({"script", "-qec", program + " cp app:/d -", "/dev/null"}, sandbox.options()).out,
             Catch::Contains("not written to a terminal"));
  sandbox.finish();
}

TEST_CASE("what is copied is the same to the byte, of a large file and of ten thousand small ones") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  prepare(sandbox);
  const std::string folder = sandbox.directory();
  it::run({"sh", "-c",
           "head -c 50000000 /dev/urandom > large; truncate -s 1G sparse; echo end >> sparse; "
           "mkdir many; cd many; i=0; while [ $i -lt 100 ]; do mkdir $i; j=0; "
           "while [ $j -lt 100 ]; do echo $i $j > $i/$j; j=$((j+1)); done; i=$((i+1)); done"},
          {{}, folder, "", std::chrono::seconds(60)});
  sandbox.ok({"up", "-d"});
  for (const char* name : {"large", "sparse", "many"}) {
    sandbox.ok({"cp", name, "app:/data"});
    sandbox.ok({"cp", std::string("app:/data/") + name, std::string("back-") + name});
    CHECK(it::run({"diff", "-r", at(sandbox, name), at(sandbox, std::string("back-") + name)}).code == 0);
  }
  CHECK(status_of(sandbox, "back-sparse").st_blocks < 2048);
  it::RunOptions pipe = sandbox.options();
  const std::string program = sandbox.command({}).front();
  pipe.directory = folder;
  CHECK(
      it::run({"sh", "-c", program + " cp app:/data/many - | " + program + " cp - app:/bound"}, pipe).code ==
      0);
  CHECK(it::run({"diff", "-r", at(sandbox, "many"), at(sandbox, "bound/many")}).code == 0);
  sandbox.finish();
}
