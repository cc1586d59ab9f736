// The downloader against a server of a few lines on the loopback interface.
#include "engine/build/http_downloader.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <thread>

#include "fixture.h"

using namespace build_test;
using engine::build::Downloaded;
using engine::build::Validators;

namespace {

// Answers each connection with what is known for the path that it asks for, and keeps what it was sent.
class Server {
 public:
  using Answers = std::map<std::string, std::string>;
  explicit Server(Answers answers) : answers_(std::move(answers)) {
    listener_ = sys::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener_.get(), generic, size) == 0);
    REQUIRE(::listen(listener_.get(), 8) == 0);
    REQUIRE(::getsockname(listener_.get(), generic, &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  std::vector<std::string> requests;  // to be read when nothing is under way

 private:
  void serve() {
    for (;;) {
      const sys::Fd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!peer) return;
      std::string request;
      char buffer[4096];
      while (request.find("\r\n\r\n") == std::string::npos) {
        const ssize_t n = ::read(peer.get(), buffer, sizeof buffer);
        if (n <= 0) break;
        request.append(buffer, static_cast<size_t>(n));
      }
      requests.push_back(request);
      const size_t start = request.find(' ') + 1;
      const auto answer = answers_.find(request.substr(start, request.find(' ', start) - start));
      const std::string text = answer == answers_.end()
                                   ? "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope"
                                   : answer->second;
      (void)::send(peer.get(), text.data(), text.size(), MSG_NOSIGNAL);
      // A promise that is not kept holds the client until it gives up.
      if (text.ends_with("...")) (void)::read(peer.get(), buffer, 1);
    }
  }

  std::map<std::string, std::string> answers_;
  sys::Fd listener_;
  int port_ = 0;
  std::thread thread_;
};

std::string answer(const std::string& status, const std::string& headers, const std::string& body = "") {
  return "HTTP/1.1 " + status + "\r\n" + headers +
         "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

struct Fetched {
  Downloaded told;
  std::string content;
};

Fetched fetch(const std::string& url, const Validators& known = {}, int cancel_fd = -1) {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/file";
  const sys::Fd file = sys::open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
  engine::build::HttpDownloader downloader;
  Fetched out{downloader.fetch(url, known, file.get(), cancel_fd), ""};
  out.content = sys::read_file(path);
  return out;
}

}  // namespace

TEST_CASE("A download follows redirections and tells what the last server said") {
  Server server(Server::Answers{
      {"/a", answer("302 Found", "Location: /b\r\nETag: \"first\"\r\n", "moved")},
      {"/b",
       answer("200 OK", "ETag: \"two\"\r\nLast-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n", "content")}});
  const Fetched got = fetch(server.url("/a"));
  CHECK(got.content == "content");
  CHECK(got.told.validators.etag == "\"two\"");
  CHECK(got.told.validators.last_modified == "Wed, 21 Oct 2015 07:28:00 GMT");
  CHECK(got.told.modified == 1445412480);
  CHECK_FALSE(got.told.unchanged);
}

TEST_CASE("What is known is asked for with its validators and not sent again") {
  Server server(Server::Answers{{"/a", answer("304 Not Modified", "ETag: \"two\"\r\n")}});
  const Fetched got = fetch(server.url("/a"), {"\"two\"", "Wed, 21 Oct 2015 07:28:00 GMT"});
  CHECK(got.told.unchanged);
  CHECK(got.content.empty());
  CHECK_THAT(server.requests.at(0),
             Catch::Contains("If-None-Match: \"two\"\r\n") &&
                 Catch::Contains("If-Modified-Since: Wed, 21 Oct 2015 07:28:00 GMT\r\n"));
}

TEST_CASE("A download that fails names the URL and the reason") {
  Server server(Server::Answers{{"/file", answer("302 Found", "Location: file:///etc/passwd\r\n")},
                                {"/loop", answer("302 Found", "Location: /loop\r\n")},
                                {"/short", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"}});
  const std::string missing = server.url("/none");
  CHECK_THROWS_WITH(fetch(missing), "cannot download " + missing + ": the server answered 404");
  CHECK_THROWS_WITH(fetch(server.url("/file")), Catch::Contains("\"file:///etc/passwd\" is not a usable"));
  CHECK_THROWS_WITH(fetch(server.url("/loop")), Catch::Contains("redirected more than 10 times"));
  CHECK_THROWS_WITH(fetch(server.url("/short")),
                    Catch::StartsWith("cannot download " + server.url("/short")));
  CHECK_THROWS_WITH(fetch("file:///etc/passwd"), Catch::Contains("is not a usable http(s) URL"));
  CHECK_THROWS_WITH(fetch("http://127.0.0.1:1/x"),
                    Catch::StartsWith("cannot download http://127.0.0.1:1/x: "));
}

TEST_CASE("User and password of a URL reach its server, but neither another nor an error's message") {
  Server other(Server::Answers{{"/b", answer("200 OK", "", "content")}});
  Server server(Server::Answers{{"/a", answer("302 Found", "Location: " + other.url("/b") + "\r\n")}});
  std::string url = server.url("/a"), missing = server.url("/none");
  url.insert(7, "me:p%40ss@");
  missing.insert(7, "me:p%40ss@");
  CHECK(fetch(url).content == "content");
  CHECK_THAT(server.requests.at(0), Catch::Contains("Authorization: Basic bWU6cEBzcw==\r\n"));
  CHECK_THAT(other.requests.at(0), !Catch::Contains("Authorization"));
  CHECK_THROWS_WITH(fetch(missing), "cannot download " + server.url("/none") + ": the server answered 404");
}

TEST_CASE("A cancelled download ends at once") {
  Server server(Server::Answers{{"/slow", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n..."}});
  const sys::Fd cancel(::eventfd(1, EFD_CLOEXEC));
  CHECK_THROWS_WITH(fetch(server.url("/slow"), {}, cancel.get()), Catch::EndsWith("the build was cancelled"));
}
