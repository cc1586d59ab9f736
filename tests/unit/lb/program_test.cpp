// compose-lb as a process of its own: the file it is given, and what it is told by changes of that and by
// signals.
#include <fcntl.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "places.h"
#include "unit/lb/scene.h"

using namespace scene;
using netmgr::lb::Config;

namespace {

class Program {
 public:
  explicit Program(const Config& config) : folder_(std::filesystem::temp_directory_path() / "lb-XXXXXX") {
    if (::mkdtemp(folder_.data()) == nullptr) sys::fail("mkdtemp");
    write(netmgr::lb::write_config(config));
    sys::Pipe said = sys::pipe();
    const std::string program = places::program("compose-lb");
    const std::string file = folder_ + "/lb.json";
    std::array<char*, 3> arguments = {const_cast<char*>(program.c_str()), const_cast<char*>(file.c_str()),
                                      nullptr};
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(said.write.get(), STDERR_FILENO);
      ::dup2(::open((folder_ + "/log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), STDOUT_FILENO);
      ::execv(program.c_str(), arguments.data());
      ::_exit(127);
    }
    said.write.reset();
    said_ = std::move(said.read);
  }
  ~Program() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    stop();
    std::filesystem::remove_all(folder_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  void write(const std::string& text) {
    std::ofstream(folder_ + "/new") << text;
    std::filesystem::rename(folder_ + "/new", folder_ + "/lb.json");
  }
  void signal(int number) const { ::kill(pid_, number); }
  // Its status; -1: by a signal.
  int stop() {
    int status = 0;
    if (pid_ > 0) ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  // What it says on standard error, until this is in it.
  bool says(const std::string& part) {
    for (int i = 0; i < 500; ++i) {
      if (const size_t at = text_.find(part); at != std::string::npos) {
        text_.erase(0, at + part.size());
        return true;
      }
      pollfd ready{said_.get(), POLLIN, 0};
      char bytes[4096];
      if (::poll(&ready, 1, 10) != 1) continue;
      const ssize_t size = ::read(said_.get(), bytes, sizeof bytes);
      if (size <= 0) break;
      text_.append(bytes, static_cast<size_t>(size));
    }
    UNSCOPED_INFO("it said: " << text_);
    return has(text_, part);
  }
  std::string log() const { return sys::read_all(sys::open(folder_ + "/log", O_RDONLY).get()); }

 private:
  std::string folder_;
  pid_t pid_ = -1;
  sys::Fd said_;
  std::string text_;
};

Config on(uint16_t port, const std::vector<uint16_t>& servers) {
  Config config = config_for(servers);
  config.frontends[0].bind = *netmgr::lb::SocketAddress::parse("127.0.0.1:" + std::to_string(port));
  return config;
}

// It has to start first.
std::string ask_soon(uint16_t port, const std::string& request = kGet) {
  for (int i = 0; i < 300; ++i) {
    try {
      return ask(port, request);
    } catch (const sys::Error&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  return {};
}

}  // namespace

TEST_CASE("the program follows its file, and goes on as it was when that is no good") {
  FakeServer one(echo("one"));
  FakeServer two(echo("two"));
  const uint16_t port = closed_port();
  Program program(on(port, {one.port()}));
  CHECK(has(ask_soon(port), "one GET /a"));
  program.write(netmgr::lb::write_config(on(port, {two.port()})));
  CHECK(program.says("the configuration was read again"));
  CHECK(has(ask(port), "two GET /a"));
  program.write("{\"frontends\": []}");
  CHECK(program.says("backends: is missing; going on with the configuration as it was"));
  CHECK(has(ask(port), "two GET /a"));
  program.write(netmgr::lb::write_config(on(port, {one.port()})));
  CHECK(program.says("the configuration was read again"));
  program.signal(SIGHUP);
  CHECK(program.says("the configuration was read again"));
  CHECK(has(ask(port), "one GET /a"));
}

TEST_CASE("the program ends with what is under way when it is told to stop") {
  std::atomic<bool> came = false;
  std::atomic<bool> go = false;
  FakeServer server([&](Peer& peer) {
    peer.until("\r\n\r\n");
    came = true;
    while (!go) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    peer.rest();
  });
  FakeServer other(echo("other"));
  const uint16_t port = closed_port();
  Config config = on(port, {server.port()});
  config.access_log = true;
  const uint16_t raw = closed_port();
  config.frontends.push_back(frontend_named("raw"));
  config.frontends[1].bind = *netmgr::lb::SocketAddress::parse("127.0.0.1:" + std::to_string(raw));
  config.frontends[1].mode = netmgr::lb::Mode::kTcp;
  config.frontends[1].backend = "raw";
  config.backends.push_back(config.backends[0]);
  config.backends[1].name = "raw";
  config.backends[1].mode = netmgr::lb::Mode::kTcp;
  config.backends[1].servers = {server_at(other.port())};
  Program program(config);
  CHECK(has(ask_soon(raw), "other GET /a"));
  Peer tunnel = Peer::to(raw);  // has no end of its own
  tunnel.send(kGet);
  CHECK(has(answer_of(tunnel), "other"));
  Peer client = Peer::to(port);
  client.send(kGet);
  for (int i = 0; i < 500 && !came; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  program.signal(SIGTERM);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK_THROWS_AS(Peer::to(port), sys::Error);
  go = true;
  const std::string answer = answer_of(client);
  CHECK(answer.ends_with("ok"));
  CHECK(has(answer, "Connection: close\r\n"));
  const auto start = std::chrono::steady_clock::now();
  client.rest();
  { const Peer gone = std::move(client); }
  CHECK(program.stop() == 0);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(4));
  CHECK(has(program.log(), "] front web/web_" + std::to_string(server.port()) + " "));
  CHECK(has(program.log(), " 200 "));
  CHECK(has(program.log(),
            "] raw raw/web_" + std::to_string(other.port()) + " "));  // of the one that has ended
  CHECK(has(program.log(), "\"GET /a HTTP/1.1\"\n"));
}

TEST_CASE("the program says what is wrong with its file and ends") {
  FakeServer taken(echo("x"));
  Program busy(on(taken.port(), {}));
  CHECK(busy.says("bind 127.0.0.1:" + std::to_string(taken.port()) + ": Address already in use"));
  CHECK(busy.stop() == 1);
}
