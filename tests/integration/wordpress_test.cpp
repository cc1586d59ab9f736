// The tutorial's stack from end to end: images built from Debian packages, installed, written to, kept and
// removed.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "places.h"
#include "sandbox.h"

using it::Sandbox;

namespace {

const std::string kExample = places::source("examples/wordpress/");
constexpr char kSite[] = "http://127.0.0.1:8080";

std::string page(const std::string& path) {
  return it::run({"curl", "-sL", "--noproxy", "*", "--max-time", "20", kSite + path}).out;
}

bool page_says(const std::string& path, const std::string& text) {
  return it::eventually([&] { return page(path).find(text) != std::string::npos; }, std::chrono::seconds(60));
}

std::string install_site() {
  return it::run({"curl",
                  "-sL",
                  "--noproxy",
                  "*",
                  "--max-time",
                  "60",
                  "--data-urlencode",
                  "weblog_title=A site of ours",
                  "-d",
                  "user_name=admin",
                  "-d",
                  "admin_password=correct-horse-9",
                  "-d",
                  "admin_password2=correct-horse-9",
                  "-d",
                  "pw_weak=1",
                  "-d",
                  "admin_email=admin@example.org",
                  "-d",
                  "blog_public=0",
                  "-d",
                  "language=",
                  std::string(kSite) + "/wp-admin/install.php?step=2"})
      .out;
}

// wp.newPost; returns the answer.
std::string write_post(const std::string& title) {
  const auto member = [](const std::string& name, const std::string& value) {
    return "<member><name>" + name + "</name><value><string>" + value + "</string></value></member>";
  };
  const std::string call =
      "<?xml version=\"1.0\"?><methodCall><methodName>wp.newPost</methodName><params>"
      "<param><value><int>1</int></value></param>"
      "<param><value><string>admin</string></value></param>"
      "<param><value><string>correct-horse-9</string></value></param>"
      "<param><value><struct>" +
      member("post_title", title) + member("post_content", "Written over XML-RPC.") +
      member("post_status", "publish") + "</struct></value></param></params></methodCall>";
  return it::run({"curl", "-s", "--noproxy", "*", "--max-time", "60", "-H", "Content-Type: text/xml",
                  "--data-binary", call, std::string(kSite) + "/xmlrpc.php"})
      .out;
}

}  // namespace

TEST_CASE("WordPress is built, installed, written to, kept over down and up, and gone after down -v",
          "[packages]") {
  if (!it::is_root()) return;
  // Packages come over the machine's own network; the stack then runs in the test's, where port 8080 is free.
  Sandbox sandbox(Sandbox::Network::kHost);
  const std::string file = kExample + "docker-compose.yml";
  const auto compose = [&](std::vector<std::string> args) {
    args.insert(args.begin(), {"-f", file});
    return sandbox.ok(args);
  };
  sandbox.options().timeout = std::chrono::minutes(12);
  sandbox.ok({"image", "import", it::base_image("debian-slim"), "debian:bookworm-slim", "--change",
              "CMD [\"bash\"]", "--change",
              "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"});
  compose({"-f", kExample + "docker-compose.build.yml", "build"});
  sandbox.check_nothing_left();

  sandbox.enter_own_network();
  sandbox.options().timeout = std::chrono::minutes(2);
  compose({"up", "-d"});
  REQUIRE(page_says("/", "<title>WordPress &rsaquo; Installation</title>"));
  CHECK(install_site().find("Success!") != std::string::npos);
  const std::string answer = write_post("Hello from the test");
  INFO(answer);
  CHECK(answer.find("<fault>") == std::string::npos);
  CHECK(page_says("/", "Hello from the test"));

  // The database is reached as the tutorial does.
  const std::string databases =
      compose({"exec", "-T", "mysql", "mysql", "-uroot", "-proot", "-e", "show databases"}).out;
  CHECK(databases.find("wordpress\n") != std::string::npos);
  // Access logs go to standard output.
  CHECK(compose({"logs", "--no-color", "wordpress"}).out.find("\"POST /xmlrpc.php HTTP/1.1\" 200") !=
        std::string::npos);

  // Both servers end by themselves when asked to: no kill after the grace period.
  const auto start = std::chrono::steady_clock::now();
  compose({"stop"});
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(9));
  compose({"down"});
  CHECK(page("/").empty());

  compose({"up", "-d"});
  CHECK(page_says("/", "Hello from the test"));

  compose({"down", "-v"});
  compose({"up", "-d"});
  CHECK(page_says("/", "<title>WordPress &rsaquo; Installation</title>"));
  compose({"down", "-v"});
  sandbox.check_nothing_left();
}
