#include "engine/ssh_forward.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>

#include "engine/error.h"
#include "folder.h"
#include "sys/error.h"
#include "sys/file.h"

using engine_test::Folder;

namespace {

sys::Fd connected(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, path.c_str());
  sys::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

std::string message(unsigned char type, const std::string& body = "") {
  const auto size = static_cast<unsigned char>(1 + body.size());
  return std::string("\0\0\0", 3) + static_cast<char>(size) + static_cast<char>(type) + body;
}

std::string reply(const sys::Fd& fd) {
  char head[4];
  REQUIRE(::recv(fd.get(), head, 4, MSG_WAITALL) == 4);
  std::string body(static_cast<unsigned char>(head[3]) + 256 * static_cast<unsigned char>(head[2]), '\0');
  REQUIRE(::recv(fd.get(), body.data(), body.size(), MSG_WAITALL) == static_cast<ssize_t>(body.size()));
  return body;
}

// Answers each request with "<type> seen".
class FakeAgent {
 public:
  explicit FakeAgent(const std::string& path) : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path.c_str());
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener_.get(), 4) == 0);
    thread_ = std::jthread([this] {
      const sys::Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      char bytes[5];
      while (::recv(client.get(), bytes, 5, MSG_WAITALL) == 5) {
        seen += std::to_string(bytes[4]) + " ";
        sys::write_all(client.get(), message(99, "seen"));
      }
    });
  }
  void join() { thread_.join(); }
  std::string seen;

 private:
  sys::Fd listener_;
  std::jthread thread_;
};

}  // namespace

TEST_CASE("an agent's list and signatures get through, changes to it do not") {
  const Folder folder;
  FakeAgent agent(folder.path + "/agent-socket");
  {
    const engine::SshForward forward({folder.path, "s", ::getuid(), ::getgid(), 0600},
                                     {folder.path + "/agent-socket"});
    const sys::Fd client = connected(folder.path + "/s");
    for (const unsigned char type : {17, 18, 19, 22, 25, 27}) {
      sys::write_all(client.get(), message(type));
      CHECK(reply(client) == "\5");
    }
    for (const unsigned char type : {11, 13}) {
      sys::write_all(client.get(), message(type));
      CHECK(reply(client) == "cseen");
    }
  }
  agent.join();
  CHECK(agent.seen == "11 13 ");
}

TEST_CASE("what is no message of an agent's ends the connection") {
  const Folder folder;
  FakeAgent agent(folder.path + "/agent-socket");
  const engine::SshForward forward({folder.path, "s", ::getuid(), ::getgid(), 0600},
                                   {folder.path + "/agent-socket"});
  const sys::Fd client = connected(folder.path + "/s");
  sys::write_all(client.get(), std::string("\377\377\377\377\013", 5));
  char byte = 0;
  CHECK(::read(client.get(), &byte, 1) <= 0);
}

TEST_CASE("a key file that holds no key is an error that names it") {
  const Folder folder;
  sys::write_file_atomic(folder.path + "/key", "nothing\n");
  CHECK_THROWS_WITH(
      engine::SshForward({folder.path, "s", ::getuid(), ::getgid(), 0600}, {folder.path + "/key"}),
      Catch::Contains(folder.path + "/key"));
}
