// What clients and servers may do wrong, by mistake or on purpose: nothing of it reaches the other side in a
// form that could be read differently there, and nobody else notices.
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>

#include "unit/lb/scene.h"

using namespace scene;
using netmgr::lb::Balancer;
using netmgr::lb::Config;

namespace {

// Keeps the heads it is sent; answers each, whatever comes behind it, and reads bodies as their heads say.
class Witness {
 public:
  std::function<void(Peer&)> serve() {
    return [this](Peer& peer) {
      while (true) {
        const std::string head = peer.until("\r\n\r\n");
        if (!head.ends_with("\r\n\r\n")) {
          if (!head.empty()) note("PART:" + head);
          return;
        }
        const size_t length = head.find("Content-Length: ");
        std::string body;
        if (length != std::string::npos) body = peer.exactly(std::stoul(head.substr(length + 16)));
        if (has(head, "Transfer-Encoding: chunked")) body = peer.until("0\r\n\r\n");
        note(head);
        if (!peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) return;
      }
    };
  }
  std::vector<std::string> heads() {
    const std::lock_guard lock(mutex_);
    return heads_;
  }

 private:
  void note(const std::string& head) {
    const std::lock_guard lock(mutex_);
    heads_.push_back(head);
  }
  std::mutex mutex_;
  std::vector<std::string> heads_;
};

// What a client gets for these bytes, having said that it has no more.
std::string all_for(uint16_t port, const std::string& bytes) {
  Peer client = Peer::to(port);
  client.send(bytes);
  client.end_sending();
  return client.rest();
}

size_t count(const std::string& text, const std::string& part) {
  size_t result = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++result;
  return result;
}

const std::string kHidden = "GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n";

}  // namespace

TEST_CASE("a request cannot be hidden within another one") {
  const std::string post = "POST /seen HTTP/1.1\r\nHost: h\r\n";
  const std::string zero = "0\r\n\r\n";
  // All of these are refused, and what stands behind them is not read.
  const std::vector<std::string> refused = {
      // Two framings, in both orders.
      post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + zero + kHidden,
      post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n" + zero + kHidden,
      post + "Content-Length: " + std::to_string(kHidden.size()) + "\r\nContent-Length: 0\r\n\r\n" + kHidden,
      post + "Content-Length: 0, 5\r\n\r\n" + kHidden,
      // A coding that one side may not know.
      post + "Transfer-Encoding: xchunked\r\n\r\n" + zero + kHidden,
      post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n" + zero + kHidden,
      post + "Transfer-Encoding: x, chunked\r\n\r\n" + zero + kHidden,
      post + "Transfer-Encoding: \"chunked\"\r\n\r\n" + zero + kHidden,
      post + "Transfer-Encoding:\tchunked, identity\r\n\r\n" + zero + kHidden,
      // A field that one side may not see.
      post + "Transfer-Encoding : chunked\r\nContent-Length: 0\r\n\r\n" + zero + kHidden,
      post + " Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n" + zero + kHidden,
      post + "X: y\r\n\tTransfer-Encoding: chunked\r\n\r\n" + zero + kHidden,
      post + "X: y\nTransfer-Encoding: chunked\r\n\r\n" + zero + kHidden,
      post + "X: y\rTransfer-Encoding: chunked\r\n\r\n" + zero + kHidden,
      post + std::string("X: y\0\r\nTransfer-Encoding: chunked\r\n\r\n", 37) + zero + kHidden,
      post + "Transfer-Encoding: \x0b" + "chunked\r\n\r\n" + zero + kHidden,
      post + "Content_Length: 5\r\nTransfer Encoding: chunked\r\n\r\n" + zero + kHidden,
      post + "Content-Length: +5\r\n\r\n12345" + kHidden,
      post + "Content-Length: 5 \x0c\r\n\r\n12345" + kHidden,
      post + "Content-Length: 0x5\r\n\r\n12345" + kHidden,
      post + "Content-Length: 18446744073709551621\r\n\r\n12345" + kHidden,
      post + "Content-Length:\r\n\r\n" + kHidden,
      // Chunks that one side may end elsewhere.
      post + "Transfer-Encoding: chunked\r\n\r\n0x5\r\n12345\r\n" + zero + kHidden,
      post + "Transfer-Encoding: chunked\r\n\r\n5 \r\n12345\r\n" + zero + kHidden,
      post + "Transfer-Encoding: chunked\r\n\r\n5\n12345\r\n" + zero + kHidden,
      post + "Transfer-Encoding: chunked\r\n\r\n5;a\nb\r\n12345\r\n" + zero + kHidden,
      post + "Transfer-Encoding: chunked\r\n\r\n5\r\n123456\r\n" + zero + kHidden,
      post + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\n" + zero + kHidden,
      post + "Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\n12345\r\n" + zero + kHidden,
      post + "Transfer-Encoding: chunked\r\n\r\n-5\r\n12345\r\n" + zero + kHidden,
      post + "Transfer-Encoding: chunked\r\n\r\n0\r\nX\r\n\r\n" + kHidden,
      post + "Transfer-Encoding: chunked\r\n\r\n0\n\n" + kHidden,
      // Versions and lines.
      "POST /seen HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + zero + kHidden,
      "GET /seen HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n" + kHidden,
      "GET http://other/seen HTTP/1.1\r\nHost: h\r\n\r\n" + kHidden,
      "GET /seen HTTP/1.1 HTTP/1.1\r\nHost: h\r\n\r\n" + kHidden,
      "GET /seen\r\n\r\n" + kHidden,
      "GET /seen HTTP/2.0\r\nHost: h\r\n\r\n" + kHidden,
      "GET /se\x01en HTTP/1.1\r\nHost: h\r\n\r\n" + kHidden,
      "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n" + kHidden,
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + kHidden,
  };
  Witness witness;
  FakeServer server(witness.serve());
  Running balancer(config_for({server.port()}));
  for (const std::string& bytes : refused) {
    INFO(bytes);
    const std::string answer = all_for(balancer.port(), bytes);
    CHECK(answer.starts_with("HTTP/1.1 "));
    CHECK((answer.substr(9, 1) == "4" || answer.substr(9, 1) == "5"));
    CHECK(count(answer, "Content-Length: ") == 1);
    CHECK(has(answer, "Connection: close\r\n"));
  }
  for (const std::string& head : witness.heads()) CHECK_FALSE(has(head, "/hidden"));
  CHECK(has(ask(balancer.port()), "ok"));
}

TEST_CASE("what looks like a request within a body is the body") {
  const std::string length = std::to_string(kHidden.size());
  char hex[16];
  std::snprintf(hex, sizeof hex, "%zx", kHidden.size());
  Witness witness;
  FakeServer server(witness.serve());
  Running balancer(config_for({server.port()}));
  const std::vector<std::string> one = {
      "GET /seen HTTP/1.1\r\nHost: h\r\nContent-Length: " + length + "\r\n\r\n" + kHidden,
      "POST /seen HTTP/1.1\r\nHost: h\r\ntransfer-encoding: CHUNKED\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST /seen HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(hex) + "\r\n" +
          kHidden + "\r\n0\r\n\r\n",
      // Fields that framing rests on cannot be taken away by naming them as the neighbour's.
      "POST /seen HTTP/1.1\r\nHost: h\r\nConnection: Content-Length\r\nContent-Length: " + length +
          "\r\n\r\n" + kHidden,
      "POST /seen HTTP/1.1\r\nHost: h\r\nConnection: Transfer-Encoding, Host\r\nTransfer-Encoding: "
      "chunked\r\n\r\n" +
          std::string(hex) + "\r\n" + kHidden + "\r\n0\r\n\r\n",
  };
  for (const std::string& bytes : one) {
    INFO(bytes);
    CHECK(count(all_for(balancer.port(), bytes), "HTTP/1.1 ") == 1);
  }
  const std::vector<std::string> heads = witness.heads();
  CHECK(heads.size() == 4);
  for (const std::string& head : heads) CHECK(has(head, "/seen"));
}

TEST_CASE("a connection does not go over to HTTP/2, where requests would not be seen") {
  Witness witness;
  FakeServer server(witness.serve());
  Running balancer(config_for({server.port()}));
  CHECK(has(ask(balancer.port(), get("/",
                                     "Host: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                                     "HTTP2-Settings: AAMAAABkAAQAAP__\r\n")),
            "ok"));
  REQUIRE(witness.heads().size() == 1);
  CHECK_FALSE(has(witness.heads()[0], "Upgrade"));
  CHECK_FALSE(has(witness.heads()[0], "HTTP2-Settings"));
}

TEST_CASE("what a client says of itself does not pass for what the balancer knows") {
  Witness witness;
  FakeServer server(witness.serve());
  Running balancer(config_for({server.port()}));
  ask(balancer.port(), get("/",
                           "Host: h\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n"
                           "Connection: X-Forwarded-For\r\nX-Forwarded-For: 6.6.6.6\r\n"));
  const std::string head = witness.heads().at(0);
  CHECK_FALSE(has(head, "https"));
  CHECK_FALSE(has(head, "443"));
  CHECK(has(head, "X-Forwarded-For: 127.0.0.1\r\n"));
  CHECK_FALSE(has(head, "6.6.6.6"));
}

TEST_CASE("after a request that is refused nothing of the same client is read") {
  Witness witness;
  FakeServer server(witness.serve());
  Running balancer(config_for({server.port()}));
  Peer client = Peer::to(balancer.port());
  client.send(get("/1") + get("/2") + "GET /bad HTTP/1.1\r\nHost: a b\r\n\r\n" + kHidden + kHidden);
  const std::string answers = client.rest();
  CHECK(count(answers, "HTTP/1.1 200 ") == 2);
  CHECK(count(answers, "HTTP/1.1 400 ") == 1);
  CHECK(witness.heads().size() == 2);
}

TEST_CASE("pipelined requests with and without bodies are taken one by one, however they are cut") {
  Witness witness;
  FakeServer server(witness.serve());
  Running balancer(config_for({server.port()}));
  const std::string all =
      get("/1") + "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12345" + get("/3") +
      "POST /4 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n" +
      "HEAD /5 HTTP/1.1\r\nHost: h\r\n\r\n" + get("/6");
  for (const size_t step : {size_t{1}, size_t{7}, size_t{50}, all.size()}) {
    const size_t before = witness.heads().size();
    Peer client = Peer::to(balancer.port());
    for (size_t at = 0; at < all.size(); at += step) client.send(all.substr(at, step));
    client.end_sending();
    CHECK(count(client.rest(), "HTTP/1.1 200 ") == 6);
    const std::vector<std::string> heads = witness.heads();
    REQUIRE(heads.size() == before + 6);
    for (size_t i = 0; i < 6; ++i) CHECK(has(heads[before + i], "/" + std::to_string(i + 1) + " HTTP/1.1"));
  }
}

TEST_CASE("a head that comes in two pieces is a good one, wherever it is cut") {
  Witness witness;
  FakeServer server(witness.serve());
  Running balancer(config_for({server.port()}));
  const std::string head = "GET /1 HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n";
  for (size_t at = 1; at < head.size(); ++at) {
    Peer client = Peer::to(balancer.port());
    client.send(head.substr(0, at));
    // A turn to accept it and one to read the first piece; the turn at hand may have begun before.
    for (int turn = 0; turn < 3; ++turn) balancer.run([](Balancer&) {});
    client.send(head.substr(at));
    INFO(at);
    CHECK(answer_of(client).starts_with("HTTP/1.1 200 "));
  }
}

TEST_CASE("what is too large is refused, and what is just not is not") {
  Witness witness;
  FakeServer server(witness.serve());
  Running balancer(config_for({server.port()}));
  CHECK(all_for(balancer.port(), get("/" + std::string(17'000, 'a'))).starts_with("HTTP/1.1 431 "));
  CHECK(all_for(balancer.port(), get("/" + std::string(15'000, 'a'))).starts_with("HTTP/1.1 200 "));
  std::string fields = "Host: h\r\n";
  for (int i = 0; i < 99; ++i) fields += "X" + std::to_string(i) + ": y\r\n";
  CHECK(all_for(balancer.port(), get("/", fields)).starts_with("HTTP/1.1 200 "));
  CHECK(all_for(balancer.port(), get("/", fields + "Z: y\r\n")).starts_with("HTTP/1.1 431 "));
  CHECK(all_for(balancer.port(), "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;" +
                                     std::string(20'000, 'x') + "\r\n12345\r\n0\r\n\r\n")
            .starts_with("HTTP/1.1 400 "));
  CHECK(all_for(balancer.port(), std::string(40'000, 'x')).starts_with("HTTP/1.1 431 "));
}

TEST_CASE("clients that send their heads, or bodies, byte by byte hold nobody up and are sent away") {
  Witness witness;
  FakeServer server(witness.serve());
  Config config = config_for({server.port()});
  config.timeouts.request_ms = 300;
  config.timeouts.client_ms = 200;
  Running balancer(config);
  std::vector<Peer> slow;
  for (int i = 0; i < 100; ++i) {
    slow.push_back(Peer::to(balancer.port()));
    slow.back().send(i % 2 == 0 ? "GET / HTTP/1.1\r\nX: "
                                : "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n1");
  }
  const auto start = std::chrono::steady_clock::now();
  int asked = 0;
  while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(500)) {
    for (size_t i = 0; i < slow.size(); i += 2) slow[i].send("a");  // heads go on, a byte at a time
    CHECK(has(ask(balancer.port()), "ok"));
    ++asked;
  }
  CHECK(asked > 5);
  for (Peer& client : slow) CHECK(client.until("\r\n\r\n").substr(0, 13) == "HTTP/1.1 408 ");
}

TEST_CASE("a client that does not read its answer is left, and so is who never says anything") {
  FakeServer server([](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
    const std::string piece(1'000'000, 'x');
    for (int i = 0; i < 100 && peer.send(piece); ++i) continue;
  });
  Config config = config_for({server.port()});
  config.timeouts.client_ms = 200;
  config.timeouts.request_ms = 200;
  Running balancer(config);
  Peer deaf = Peer::to(balancer.port());
  deaf.send(kGet);
  Peer mute = Peer::to(balancer.port());
  CHECK(mute.rest().empty());
  CHECK(balancer.wait_for([](Balancer& one) { return one.clients() == 0; }));
  CHECK(balancer.wait_for([](Balancer& one) { return one.backends().at("web")->servers()[0]->active == 0; }));
}

TEST_CASE("clients that close in the middle of anything leave nothing behind") {
  Witness witness;
  FakeServer server(witness.serve());
  Running balancer(config_for({server.port()}));
  const std::string all = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\n" + std::string(50, 'x');
  for (size_t size = 0; size < all.size(); size += 3) {
    Peer client = Peer::to(balancer.port());
    client.send(all.substr(0, size));
    if (size % 2 == 0) client.end_sending();
    const linger reset{1, 0};
    if (size % 5 == 0) ::setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  CHECK(balancer.wait_for([](Balancer& one) { return one.clients() == 0; }));
  CHECK(balancer.wait_for([](Balancer& one) { return one.backends().at("web")->servers()[0]->active == 0; }));
  CHECK(has(ask(balancer.port()), "ok"));
}

TEST_CASE("answers that could be read in two ways are not passed on") {
  const std::string good = "HTTP/1.1 200 OK\r\n";
  const std::vector<std::string> bad = {
      good + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      good + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
      good + "Content-Length: x\r\n\r\n",
      good + "Transfer-Encoding: gzip\r\n\r\n12345",
      good + "X: a\r\n b\r\n\r\n",
      good + "X a: b\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/9.1 200 OK\r\n\r\n",
      "SSH-2.0-OpenSSH_9.2\r\n\r\n",
      good + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
      good + "X: " + std::string(20'000, 'a') + "\r\n\r\n",
  };
  for (const std::string& bytes : bad) {
    INFO(bytes.substr(0, 200));
    FakeServer server([&](Peer& peer) {
      peer.until("\r\n\r\n");
      peer.send(bytes);
      peer.rest();
    });
    Running balancer(config_for({server.port()}));
    Peer client = Peer::to(balancer.port());
    client.send(kGet);
    CHECK(client.until("\r\n\r\n").substr(0, 13) == "HTTP/1.1 502 ");
  }
}

TEST_CASE("what a server says beyond its answer is nobody's answer") {
  std::atomic<int> served = 0;
  FakeServer server([&](Peer& peer) {
    while (peer.until("\r\n\r\n").ends_with("\r\n\r\n")) {
      ++served;
      if (!peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: "
                     "4\r\n\r\nevil"))
        return;
    }
  });
  Running balancer(config_for({server.port()}));
  Peer client = Peer::to(balancer.port());
  for (int i = 0; i < 5; ++i) {
    client.send(kGet);
    CHECK(answer_of(client).ends_with("\r\n\r\nok"));
  }
  CHECK(server.connections() == 5);
}

namespace {

constexpr size_t kMany = 10'000;

// In a process of its own, as each has its limit of open files: so many clients at a time, each with a
// request. Reads the port from `from`, and says `to` how many there are, then how many were answered.
void be_many_clients(int from, int to) {
  uint16_t port = 0;
  if (::read(from, &port, sizeof port) != sizeof port) return;
  std::vector<Peer> clients;
  clients.reserve(kMany);
  for (size_t i = 0; i < kMany; ++i) clients.push_back(Peer::to(port));
  size_t count_of = clients.size();
  if (::write(to, &count_of, sizeof count_of) < 0) return;
  for (Peer& client : clients) client.send(kGet);
  count_of = 0;
  for (Peer& client : clients) count_of += answer_of(client).ends_with("ok") ? 1 : 0;
  if (::write(to, &count_of, sizeof count_of) < 0) return;
  char wait = 0;
  if (::read(from, &wait, 1) < 0) return;
}

}  // namespace

TEST_CASE("ten thousand clients at a time are served") {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const rlimit before = files;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < kMany + 500) {
    WARN("the limit of open files is too low for this: " << files.rlim_cur);
    return;
  }
  sys::Pipe there = sys::pipe();
  sys::Pipe back = sys::pipe();
  const pid_t child = ::fork();
  if (child == 0) {
    there.write.reset();
    try {
      be_many_clients(there.read.get(), back.write.get());
    } catch (const sys::Error&) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  back.write.reset();
  Witness witness;
  FakeServer server(witness.serve());
  Config config = config_for({server.port()});
  config.max_connections = kMany + 10;
  config.backends[0].servers[0].max_connections = 30;  // each connection is a thread here
  config.timeouts.request_ms = config.timeouts.queue_ms = 60'000;
  Running balancer(config);
  const uint16_t port = balancer.port();
  sys::write_all(there.write.get(), &port, sizeof port);
  size_t number = 0;
  CHECK(::read(back.read.get(), &number, sizeof number) == sizeof number);
  CHECK(number == kMany);
  CHECK(balancer.wait_for([](Balancer& one) { return one.clients() == kMany; }));
  CHECK(::read(back.read.get(), &number, sizeof number) == sizeof number);
  CHECK(number == kMany);
  there.write.reset();
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  CHECK(balancer.wait_for([](Balancer& one) { return one.clients() == 0; }));
  ::setrlimit(RLIMIT_NOFILE, &before);
}
