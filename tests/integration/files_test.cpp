// Secrets and configs, seen from inside a container and from beside it.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "sandbox.h"
#include "sys/file.h"

using it::Sandbox;

namespace {

std::string state_of_all(const std::string& folder) {
  std::string all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           folder, std::filesystem::directory_options::skip_permission_denied)) {
    if (!entry.is_regular_file()) continue;
    const std::string path = entry.path().string();
    if (path.find("/images/") != std::string::npos || path.find("/layers/") != std::string::npos) continue;
    if (path.find("/files/") != std::string::npos) continue;  // where it has to be
    std::ifstream in(path, std::ios::binary);
    all.append(std::istreambuf_iterator<char>(in), {});
  }
  return all;
}

}  // namespace

TEST_CASE("secrets and configs are in their places with the owner and mode asked for") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("password", "from a file\n");
  sandbox.file("page", "a page\n");
  sandbox.options().env["TOKEN"] = "from the environment";
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    read_only: true
    stop_grace_period: 0s
    secrets:
      - password
      - token
      - {source: password, target: mine, uid: "1000", gid: "1001", mode: 0400}
    configs:
      - page
      - {source: inline, target: /etc/app/inline.conf, mode: 0440}
secrets:
  password: {file: ./password}
  token: {environment: TOKEN}
configs:
  page: {file: ./page}
  inline: {content: "listen ${PORT:-80}\n"}
)");
  sandbox.ok({"up", "-d"});
  const auto at = [&](const std::string& path) {
    return sandbox.inside("web", {"stat", "-c", "%u:%g %a", path}) + sandbox.inside("web", {"cat", path});
  };
  CHECK(sandbox.inside("web", {"cat", "/run/secrets/password"}) == "from a file\n");
  CHECK(at("/run/secrets/token") == "0:0 444\nfrom the environment");
  CHECK(at("/run/secrets/mine") == "1000:1001 400\nfrom a file\n");
  CHECK(sandbox.inside("web", {"cat", "/page"}) == "a page\n");
  CHECK(at("/etc/app/inline.conf") == "0:0 440\nlisten 80\n");
  for (const char* path : {"/run/secrets/password", "/run/secrets/token", "/page"})
    CHECK(sandbox.compose({"exec", "-T", "web", "sh", "-c", std::string("echo x > ") + path}).code != 0);

  // An edit in place of what is mounted as it is.
  std::ofstream(sandbox.directory() + "/page") << "edited\n";
  CHECK(sandbox.inside("web", {"cat", "/page"}) == "edited\n");
  sandbox.ok({"restart", "web"});
  CHECK(sandbox.inside("web", {"cat", "/run/secrets/token"}) == "from the environment");
  sandbox.finish();
}

TEST_CASE("a container is made anew when the bytes of its secret have changed, and only then") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.file("password", "one");
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    secrets: [password, {source: token, mode: 0400}]
secrets:
  password: {file: ./password}
  token: {environment: TOKEN}
)");
  sandbox.options().env["TOKEN"] = "a";
  sandbox.ok({"up", "-d"});
  const auto first = sandbox.ids("web");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.ids("web") == first);
  sandbox.file("password", "two");
  const std::string said = sandbox.ok({"up", "-d", "--dry-run"}).out;
  CHECK(said.find("secrets") != std::string::npos);
  CHECK(said.find("two") == std::string::npos);
  sandbox.ok({"up", "-d"});
  const auto second = sandbox.ids("web");
  CHECK(second != first);
  sandbox.options().env["TOKEN"] = "b";
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.ids("web") != second);
  CHECK(sandbox.inside("web", {"cat", "/run/secrets/token"}) == "b");
  sandbox.finish();
}

TEST_CASE("a secret's bytes are in one file that root alone can read, and in no archive, image or list") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const std::string secret = "Zq7-very-secret-Zq7";
  sandbox.options().env["TOKEN"] = secret;
  sandbox.compose_file(R"(
services:
  web:
    image: busybox
    command: ["sleep", "1000"]
    stop_grace_period: 0s
    secrets: [token]
secrets:
  token: {environment: TOKEN}
)");
  sandbox.ok({"up", "-d"});
  CHECK(sandbox.inside("web", {"cat", "/run/secrets/token"}) == secret);
  CHECK(state_of_all(sandbox.data_root()).find(secret) == std::string::npos);
  CHECK(state_of_all(sandbox.run_root()).find(secret) == std::string::npos);
  const std::string kept = sandbox.data_root() + "/containers/" + *sandbox.ids("web").begin() + "/files";
  struct stat status {};
  REQUIRE(::stat((kept + "/0").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  REQUIRE(::stat(kept.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0700);
  CHECK(sandbox.ok({"ps", "--format", "json"}).out.find(secret) == std::string::npos);
  sandbox.ok({"export", "-o", "all.tar", "web"});
  CHECK(sys::read_file(sandbox.directory() + "/all.tar").find(secret) == std::string::npos);
  sandbox.ok({"commit", "web", "copy:1"});
  sandbox.ok({"image", "save", "-o", "copy.tar", "copy:1"});
  CHECK(sys::read_file(sandbox.directory() + "/copy.tar").find(secret) == std::string::npos);
  sandbox.finish();
}

TEST_CASE("an external secret is refused by name, and a secret whose file is gone before anything is made") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(R"(
services:
  web: {image: busybox, secrets: [token]}
secrets:
  token: {external: true}
)");
  const it::Output refused = sandbox.compose({"up", "-d"});
  CHECK(refused.code != 0);
  CHECK(refused.err.find("unsupported external secret \"token\"") != std::string::npos);
  sandbox.compose_file(R"(
services:
  web: {image: busybox, secrets: [token]}
secrets:
  token: {file: ./nowhere}
)");
  const it::Output gone = sandbox.compose({"up", "-d"});
  CHECK(gone.code != 0);
  CHECK(gone.err.find("secret \"token\": its file cannot be read") != std::string::npos);
  CHECK(sandbox.ids().empty());
  sandbox.finish();
}
