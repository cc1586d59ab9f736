#include <signal.h>
#include <sys/wait.h>

#include "written.h"

using engine::CommitRequest;
using engine::Error;
using engine_test::exists;
using engine_test::is_root;
using engine_test::Written;

namespace {

std::string bytes(const std::string& path) {
  return sys::read_file(path);
}

struct stat status_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status;
}

}  // namespace

TEST_CASE("what a container wrote is one layer above its image's, copied and not linked") {
  if (!is_root()) return;
  const Written it;
  it.copy_up("/data");
  it.file("/data/new", "new");
  it.whiteout("/data/seed");
  sys::check(::link((it.upper + "/data/new").c_str(), (it.upper + "/other").c_str()), "link");
  const std::string made = it.engine->commit_container(it.id, {});
  const auto image = it.stored(made), base = it.stored(it.image);
  REQUIRE(image.chain_ids.size() == 2);
  CHECK(image.chain_ids[0] == base.chain_ids[0]);
  const std::string layer = it.layer_of(made);
  CHECK(bytes(layer + "/data/new") == "new");
  CHECK(S_ISCHR(status_of(layer + "/data/seed").st_mode));
  CHECK(status_of(layer + "/data/new").st_nlink == 2);
  CHECK(status_of(layer + "/data/new").st_ino == status_of(layer + "/other").st_ino);
  CHECK(status_of(layer + "/data/new").st_ino != status_of(it.upper + "/data/new").st_ino);
  it.file("/data/new", "changed afterwards");
  CHECK(bytes(layer + "/data/new") == "new");
}

TEST_CASE("owners, modes, times, holes and attributes come into the layer, those of the mount do not") {
  if (!is_root()) return;
  const Written it;
  it.file("/f", "x");
  const std::string path = it.upper + "/f";
  REQUIRE(::truncate(path.c_str(), 8 << 20) == 0);
  REQUIRE(::chown(path.c_str(), 1000, 70000) == 0);
  REQUIRE(::chmod(path.c_str(), 06751) == 0);
  REQUIRE(::setxattr(path.c_str(), "user.note", "kept", 4, 0) == 0);
  REQUIRE(::setxattr(path.c_str(), "trusted.overlay.origin", "x", 1, 0) == 0);
  const timespec times[2] = {{1700000000, 0}, {1700000000, 0}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  const std::string made = it.layer_of(it.engine->commit_container(it.id, {})) + "/f";
  const struct stat status = status_of(made);
  CHECK(status.st_uid == 1000);
  CHECK(status.st_gid == 70000);
  CHECK((status.st_mode & 07777) == 06751);
  CHECK(status.st_mtim.tv_sec == 1700000000);
  CHECK(status.st_size == 8 << 20);
  CHECK(status.st_blocks * 512 < 1 << 20);
  char value[8];
  CHECK(::getxattr(made.c_str(), "user.note", value, sizeof value) == 4);
  CHECK(::getxattr(made.c_str(), "trusted.overlay.origin", value, sizeof value) < 0);
}

TEST_CASE("a container that wrote nothing gives its image's layers again, and a history entry that says so") {
  if (!is_root()) return;
  const Written it;
  // What starting it leaves behind.
  it.copy_up("/etc");
  for (const char* name : {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"}) it.file(name, "");
  for (const char* name : {"/proc", "/sys", "/dev"}) it.copy_up(name);
  CHECK(it.changes().empty());
  const auto image = it.stored(it.engine->commit_container(it.id, {}));
  CHECK(image.chain_ids == it.stored(it.image).chain_ids);
  REQUIRE(image.config.history.size() == 2);
  CHECK(image.config.history.back().empty_layer);
}

TEST_CASE("what the container put at the engine's places is its own and comes along") {
  if (!is_root()) return;
  const Written it;
  it.copy_up("/etc");
  it.file("/etc/hosts", "127.0.0.1 me\n");
  it.copy_up("/dev");
  it.file("/dev/null", "not a device");
  const std::string layer = it.layer_of(it.engine->commit_container(it.id, {}));
  CHECK(bytes(layer + "/etc/hosts") == "127.0.0.1 me\n");
  CHECK(bytes(layer + "/dev/null") == "not a device");
  CHECK(it.changes() == "C /dev\nA /dev/null\nC /etc\nA /etc/hosts\n");
}

TEST_CASE("the image says what the container ran with, the changes on top, who made it and why") {
  if (!is_root()) return;
  const Written it;
  engine::ContainerConfig config = engine_test::DataRoot::container("second", "base:1");
  config.environment = {{"COLOUR", "green"}, {"SHAPE", "round"}};
  config.command = std::vector<std::string>{"serve", "--all"};
  config.user = "7";
  config.working_dir = "/data";
  config.stop_signal = "SIGINT";
  config.labels = {{"from", "container"}, {"secret", "1"}};
  config.expose = {"80/tcp"};
  config.mounts = {engine_test::volume_at("/anon")};
  const std::string id = it.engine->create_container(config).id;
  CommitRequest request;
  request.reference = "made:2";
  request.author = "Ada";
  request.comment = "why";
  request.changes = {"ENV SIZE=1", "LABEL more=yes", "ENTRYPOINT [\"/run\"]"};
  request.dropped_labels = {"secret"};
  const std::string made = it.engine->commit_container(id, request);
  CHECK(it.engine->find_image("made:2")->id == made);
  const engine::ImageConfig image = it.stored(made).config;
  CHECK(image.env == std::vector<std::string>{"PATH=/bin", "COLOUR=green", "SHAPE=round", "SIZE=1"});
  CHECK(image.entrypoint == std::vector<std::string>{"/run"});
  CHECK(image.cmd.empty());  // it was not meant for the new entrypoint
  CHECK(image.user == "7");
  CHECK(image.working_dir == "/data");
  CHECK(image.stop_signal == "SIGINT");
  CHECK(image.labels == engine::Labels{{"from", "container"}, {"more", "yes"}});
  CHECK(image.exposed_ports == std::set<std::string>{"80/tcp"});
  CHECK(image.volumes == std::set<std::string>{"/anon"});
  CHECK(image.author == "Ada");
  CHECK(image.history.back().author == "Ada");
  CHECK(image.history.back().comment == "why");
  CHECK(image.history.back().created_by == "serve --all");
  CHECK(image.history.front().created_by == "made by hand");
}

TEST_CASE(
    "a name with a digest, an unknown instruction and a container that is not there are refused before any "
    "work") {
  if (!is_root()) return;
  const Written it;
  const size_t before = it.engine->images().size();
  CommitRequest named;
  named.reference = "made@sha256:" + std::string(64, 'a');
  CHECK_THROWS_WITH(it.engine->commit_container(it.id, named), Catch::Contains("digest"));
  CommitRequest changed;
  changed.changes = {"RUN rm -rf /"};
  CHECK_THROWS_WITH(it.engine->commit_container(it.id, changed), Catch::Contains("--change:1"));
  CHECK_THROWS_WITH(it.engine->commit_container("nobody", {}), "no such container: nobody");
  CHECK(it.engine->images().size() == before);
}

TEST_CASE("a commit that is cancelled makes no image and leaves no draft") {
  if (!is_root()) return;
  const Written it;
  it.file("/f", "x");
  CommitRequest request;
  request.cancelled = [] { return true; };
  CHECK_THROWS_AS(it.engine->commit_container(it.id, request), Error);
  CHECK(it.engine->images().size() == 1);
  const std::string tmp = it.root.paths.build_tmp();
  CHECK(::rmdir(tmp.c_str()) == 0);  // it is empty
}

TEST_CASE(
    "links, FIFOs, sockets and devices are copied as what they are, and nothing is opened through them") {
  if (!is_root()) return;
  const Written it;
  sys::make_dirs(it.upper + "/nest/below");
  for (const char* path : {"/etc", "/nest/out", "/nest/below/up"})
    REQUIRE(::symlink("../../../../../../../../etc", (it.upper + path).c_str()) == 0);
  REQUIRE(::mkfifo((it.upper + "/fifo").c_str(), 0600) == 0);
  REQUIRE(::mknod((it.upper + "/disk").c_str(), S_IFBLK | 0600, ::makedev(7, 9)) == 0);
  REQUIRE(::mknod((it.upper + "/tape").c_str(), S_IFCHR | 0600, ::makedev(9, 0)) == 0);
  REQUIRE(::mknod((it.upper + "/s").c_str(), S_IFSOCK | 0600, 0) == 0);
  it.file("/a\nb \xff", "odd name");
  const std::string layer = it.layer_of(it.engine->commit_container(it.id, {}));
  CHECK(S_ISLNK(status_of(layer + "/etc").st_mode));
  CHECK(S_ISLNK(status_of(layer + "/nest/below/up").st_mode));
  CHECK(S_ISFIFO(status_of(layer + "/fifo").st_mode));
  CHECK(S_ISBLK(status_of(layer + "/disk").st_mode));
  CHECK(status_of(layer + "/tape").st_rdev == ::makedev(9, 0));
  CHECK_FALSE(exists(layer + "/s"));
  CHECK(bytes(layer + "/a\nb \xff") == "odd name");
}

TEST_CASE("a file named as layers name removed ones cannot be committed, and the message says to rename it") {
  if (!is_root()) return;
  const Written it;
  it.file("/.wh.passwd", "x");
  CHECK_THROWS_WITH(it.engine->commit_container(it.id, {}), Catch::Contains("rename it"));
  CHECK(it.engine->images().size() == 1);
}

TEST_CASE("a tree too deep for an image is refused, for all of commit, export and diff, and can be removed") {
  if (!is_root()) return;
  const Written it;
  {
    sys::Fd at = sys::open(it.upper, O_RDONLY | O_DIRECTORY);
    for (int depth = 0; depth < 1'000; ++depth) {
      REQUIRE(::mkdirat(at.get(), "d", 0755) == 0);
      at = sys::openat(at.get(), "d", O_RDONLY | O_DIRECTORY);
    }
  }
  const auto ignore = [](const char*, size_t) {};
  CHECK_THROWS_WITH(it.engine->commit_container(it.id, {}), Catch::Contains("deeper than 256"));
  CHECK_THROWS_WITH(it.engine->export_container(it.id, ignore), Catch::Contains("deeper than 256"));
  CHECK_THROWS_WITH(it.engine->container_changes(it.id), Catch::Contains("deeper than 256"));
  it.engine->remove_container(it.id, false, false);
  CHECK_FALSE(exists(it.upper));
}

TEST_CASE("a container whose files change all the time is copied without a hang or a step outside") {
  if (!is_root()) return;
  const Written it;
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    // Files, FIFOs, folders and links out of the tree take turns at the same names.
    if (::chdir(it.upper.c_str()) != 0) ::_exit(1);
    for (unsigned turn = 0;; ++turn) {
      const std::string name = "n" + std::to_string(turn % 7);
      if (::unlink(name.c_str()) != 0) ::rmdir(name.c_str());
      switch (turn % 5) {
        case 0: {
          const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
          if (::ftruncate(fd, turn % 9 * 4096) != 0) ::_exit(2);
          ::close(fd);
          break;
        }
        case 1:
          ::mkfifo(name.c_str(), 0600);
          break;
        case 2:
          ::mkdir(name.c_str(), 0700);
          break;
        default:
          if (::symlink("/etc", name.c_str()) != 0) ::_exit(3);
      }
    }
  }
  int commits = 0;
  uint64_t exported = 0;
  for (int round = 0; round < 20; ++round) {
    commits += it.engine->commit_container(it.id, {}).empty() ? 0 : 1;
    it.engine->export_container(it.id, [&](const char*, size_t size) { exported += size; });
    it.engine->container_changes(it.id);
  }
  CHECK(commits == 20);
  CHECK(exported > 0);
  int status = 0;
  REQUIRE(::waitpid(pid, &status, WNOHANG) == 0);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, &status, 0);
}
