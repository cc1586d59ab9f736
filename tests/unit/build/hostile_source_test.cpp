// Contexts, images and Dockerfiles made to reach outside of what a build may read or write.
#include <sys/socket.h>
#include <sys/un.h>

#include "fixture.h"

using namespace build_test;

namespace {

// A file outside of context and store that must neither be read nor changed.
struct Outside {
  explicit Outside(const Fixture& f) : path(f.folder.path + "/outside") { write(path + "/secret", "secret"); }
  std::string secret() const { return sys::read_file(path + "/secret"); }
  std::string path;
};

}  // namespace

TEST_CASE("No spelling of a source leads out of the context") {
  Fixture f;
  f.make_base();
  const Outside outside(f);
  f.put("d/x", "x");
  const std::string name = std::filesystem::path(outside.path).filename();
  for (const std::string& source : Strings{"../" + name + "/secret", "./../" + name, "d/../../" + name,
                                           "/../" + name, "//..//" + name, "d/../d/../../" + name + "/*",
                                           "*/../../" + name, "[.][.]/" + name, ".?/" + name + "/secret"}) {
    CAPTURE(source);
    for (const std::string word : {"COPY ", "ADD ", "COPY --parents ", "COPY --link "}) {
      const std::string failure = f.failure("FROM base\n" + word + source + " /t/\n");
      CHECK(failure != "<no error>");
      CHECK_THAT(failure, Catch::StartsWith("Dockerfile:2: "));
    }
  }
  // An absolute source is one of the context.
  CHECK_THAT(f.failure("FROM base\nCOPY " + outside.path + "/secret /t\n"),
             Catch::Contains("matches nothing"));
}

TEST_CASE("Links of the context do not lead out, whatever stands before or after them") {
  Fixture f;
  f.make_base();
  const Outside outside(f);
  link(outside.path, f.context + "/absolute");
  link("../outside", f.context + "/relative");
  link("relative", f.context + "/twice");
  link("/proc/self/root", f.context + "/magic");
  link("loop", f.context + "/loop");
  f.put("d/x", "x");
  link("../../outside", f.context + "/d/up");
  for (const std::string source :
       {"absolute/secret", "relative/secret", "twice/secret", "absolute", "twice", "d/up/secret",
        "d/../relative/secret", "magic/etc/passwd", "loop", "loop/x"}) {
    CAPTURE(source);
    for (const std::string word : {"COPY ", "ADD ", "COPY --parents "})
      CHECK_THAT(f.failure("FROM base\n" + word + source + " /t/\n"), Catch::StartsWith("Dockerfile:2: "));
  }
  // Named by a pattern or a folder above they are copied as the links they are, and what is behind them is
  // not.
  const Built built = f.build("FROM base\nCOPY . /t/\nCOPY --parents d /p/\n");
  CHECK(built.view().find("/t/absolute", false)->is_link());
  CHECK(built.view().find("/p/d/up", false)->is_link());
  CHECK_THAT(f.failure("FROM base\nCOPY --parents **/secret* /p/\n"), Catch::Contains("matches nothing"));
}

TEST_CASE("Links that a RUN plants in a stage do not lead COPY --from out of it") {
  Fixture f;
  f.make_base();
  const Outside outside(f);
  f.runner.behaviour = [&](const engine::RunRequest& request, const auto&) {
    link(outside.path + "/secret", request.upper_dir + "/file");
    link(outside.path, request.upper_dir + "/folder");
    link("../../../../../../../.." + outside.path, request.upper_dir + "/climb");
    link("/proc/self/root" + outside.path, request.upper_dir + "/magic");
    link("loop", request.upper_dir + "/loop");
    link("/etc", request.upper_dir + "/inside");
    return 0;
  };
  const std::string stage = "FROM base AS a\nRUN plant\nFROM base\n";
  for (const std::string source : {"file", "folder/secret", "climb/secret", "magic/secret", "loop"}) {
    CAPTURE(source);
    CHECK_THAT(f.failure(stage + "COPY --from=a /" + source + " /t/\n"), Catch::StartsWith("Dockerfile:4: "));
    CHECK_THAT(f.failure(stage + "COPY --from=a --parents /" + source + " /t/\n"),
               Catch::StartsWith("Dockerfile:4: "));
  }
  // As for a program in a container: links lead to where they would lead there.
  CHECK_THAT(f.build(stage + "COPY --from=a /inside/passwd /t/\n").file("/t/passwd"),
             Catch::StartsWith("root:"));
  const Built all = f.build(stage + "COPY --from=a /f* /c* /t/\n");
  CHECK(all.view().find("/t/folder", false)->is_link());
  CHECK(all.file("/t/file") != "secret");
}

TEST_CASE("Links that a RUN plants in the destination do not lead COPY out of the image") {
  Fixture f;
  f.make_base();
  const Outside outside(f);
  f.put("secret", "overwritten");
  f.put("tree/secret", "overwritten");
  f.runner.behaviour = [&](const engine::RunRequest& request, const auto&) {
    link(outside.path, request.upper_dir + "/folder");
    link(outside.path + "/secret", request.upper_dir + "/file");
    link("../../../../../../../.." + outside.path, request.upper_dir + "/climb");
    link(outside.path, request.upper_dir + "/tree");
    return 0;
  };
  for (const std::string copy : {"secret /folder/", "secret /folder", "secret /file", "secret /climb/secret",
                                 "tree /", "tree /folder", "tree /climb/deeper", "--link secret /folder/",
                                 "--parents tree/secret /", "--parents tree /folder"}) {
    CAPTURE(copy);
    f.failure("FROM base\nRUN plant\nCOPY " + copy + "\n");
    f.failure("FROM base\nRUN plant\nADD http://h/secret /folder/\n");
    CHECK(outside.secret() == "secret");
    CHECK(std::distance(std::filesystem::directory_iterator(outside.path), {}) == 1);
  }
  const Built built = f.build("FROM base\nRUN plant\nCOPY secret /folder/\n");
  CHECK(built.file(outside.path + "/secret") == "overwritten");  // inside the image
}

TEST_CASE("WORKDIR through a planted link makes its folder inside the image") {
  Fixture f;
  f.make_base();
  const Outside outside(f);
  f.runner.behaviour = [&](const engine::RunRequest& request, const auto&) {
    link(outside.path, request.upper_dir + "/folder");
    return 0;
  };
  f.failure("FROM base\nRUN plant\nWORKDIR /folder/new\n");
  CHECK_FALSE(std::filesystem::exists(outside.path + "/new"));
}

TEST_CASE("Names of owners are looked up inside the image, also through links") {
  Fixture f;
  f.make_base();
  f.put("a", "a");
  write(f.folder.path + "/outside", "victim:x:4242:4242::/:/bin/sh\n");
  f.runner.behaviour = [&](const engine::RunRequest& request, const auto&) {
    sys::make_dirs(request.upper_dir + "/etc");
    link(f.folder.path + "/outside", request.upper_dir + "/etc/passwd");
    return 0;
  };
  CHECK_THAT(f.failure("FROM base\nRUN plant\nCOPY --chown=victim a /\n"),
             Catch::Contains("no user 'victim' in /etc/passwd of the image"));
}

TEST_CASE("A pipe or socket in the context does not hold the build up") {
  Fixture f;
  f.make_base();
  REQUIRE(::mkfifo((f.context + "/pipe").c_str(), 0600) == 0);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = f.context + "/socket";
  REQUIRE(path.size() < sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  ::close(fd);
  const Built built = f.build("FROM base\nCOPY . /t\nADD pipe /one\n");
  CHECK_FALSE(built.has("/t/socket"));
  CHECK(S_ISFIFO(built.stat("/t/pipe").st_mode));
}

TEST_CASE("Rights of a file in the context do not come along") {
  if (!root_only()) return;
  Fixture f;
  f.make_base();
  f.put("program", "x", 0755);
  const unsigned char capability[20] = {0, 0, 0, 2, 0, 4};
  REQUIRE(::setxattr((f.context + "/program").c_str(), "security.capability", capability, 20, 0) == 0);
  REQUIRE(::setxattr((f.context + "/program").c_str(), "trusted.overlay.opaque", "y", 1, 0) == 0);
  const Built built = f.build("FROM base\nCOPY program /program\n");
  const std::string path = built.image.lower_dirs.front() + "/program";
  CHECK(::getxattr(path.c_str(), "security.capability", nullptr, 0) == -1);
  CHECK(::getxattr(path.c_str(), "trusted.overlay.opaque", nullptr, 0) == -1);
}
