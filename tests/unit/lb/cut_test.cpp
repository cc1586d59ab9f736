// What comes over the wire comes in pieces: wherever it is cut, what the other side sees is the same.
#include <netinet/tcp.h>

#include <catch2/catch.hpp>

#include "netmgr/lb/body.h"
#include "netmgr/lb/proxy_protocol.h"
#include "unit/lb/scene.h"

using namespace scene;
using namespace netmgr::lb;

namespace {

constexpr int kPatienceMs = 20;

// A balancer that only moves when it is told to, so that pieces are read one by one.
class Wire {
 public:
  explicit Wire(const std::function<void(Config&)>& change = [](Config&) {})
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sys::check(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
    sys::check(::listen(listener_.get(), 16), "listen");
    Config config = config_for({port_of(listener_.get())});
    change(config);
    balancer_ = std::make_unique<Balancer>(config);
  }

  struct Outcome {
    std::string client;   // all it got
    std::string servers;  // all they got, connection by connection
    bool closed = false;  // the client's connection
    bool operator==(const Outcome&) const = default;
  };

  // What it is supposed to be; once more with time for a busy machine before it is taken for something else.
  Outcome expect(const Outcome& expected, const std::string& request, size_t cut,
                 const std::vector<std::string>& answers, size_t answer_cut, bool end = false) {
    patience_ms_ = 0;
    const Outcome outcome = run(request, cut, answers, answer_cut, end);
    patience_ms_ = kPatienceMs;
    return outcome == expected ? outcome : run(request, cut, answers, answer_cut, end);
  }
  // The client says `request` in two pieces; each request that has come whole is answered by the next of
  // `answers`, in two pieces as well.
  Outcome run(const std::string& request, size_t cut, const std::vector<std::string>& answers,
              size_t answer_cut, bool end = false) {
    Outcome outcome;
    client_ = at_once(Peer::to(balancer_->address_of("front").port()).release());
    peers_.clear();
    answers_ = &answers;
    next_ = 0;
    answer_cut_ = answer_cut;
    const std::string pieces[] = {request.substr(0, cut), request.substr(cut)};
    for (const std::string& piece : pieces) {
      if (!piece.empty()) say(client_, piece);
      settle(outcome);
    }
    if (end) ::shutdown(client_.get(), SHUT_WR);
    settle(outcome);
    client_.reset();
    for (const auto& peer : peers_) outcome.servers += "[" + peer->got + "]";
    peers_.clear();
    // What waits for the next one would be another connection than a new one.
    for (int i = 0; i < 4; ++i) balancer_->run_once(patience_ms_);
    REQUIRE(balancer_->clients() == 0);
    return outcome;
  }

 private:
  struct Server {
    sys::Fd fd;
    std::string got;
    size_t read = 0;  // of it, what has been answered
  };

  // A second piece does not wait until the first is acknowledged.
  static sys::Fd at_once(sys::Fd fd) {
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
  }
  static void say(const sys::Fd& fd, const std::string& bytes) {
    ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  static bool hear(int fd, std::string& into, bool& closed) {
    char bytes[65536];
    const ssize_t size = ::recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (size > 0) into.append(bytes, static_cast<size_t>(size));
    if (size == 0) closed = true;
    return size > 0;
  }
  // Until nothing moves any more.
  void settle(Outcome& outcome) {
    for (int quiet = 0; quiet < 3; ++quiet) {
      balancer_->run_once(patience_ms_);
      sys::Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (fd) {
        peers_.push_back(std::make_unique<Server>());
        peers_.back()->fd = at_once(std::move(fd));
        quiet = 0;
      }
      for (const auto& peer : peers_) {
        bool gone = false;
        if (hear(peer->fd.get(), peer->got, gone)) quiet = 0;
        if (answer(*peer)) quiet = 0;
      }
      if (hear(client_.get(), outcome.client, outcome.closed)) quiet = 0;
    }
  }
  bool answer(Server& server) {
    const size_t before = next_;
    while (next_ < answers_->size()) {
      const std::string_view rest = std::string_view(server.got).substr(server.read);
      size_t from = 0;
      const size_t size = head_size(rest, from);
      Head head;
      if (size == 0 || !parse_request(rest.substr(0, size), head)) break;
      Body body;
      size_t used = 0;
      body.begin(head.framing, head.length);
      if (body.scan(rest.substr(size), used) != Body::Result::kDone) break;
      server.read += size + used;
      const std::string& text = (*answers_)[next_++];
      say(server.fd, text.substr(0, answer_cut_));
      for (int i = 0; i < 2; ++i) balancer_->run_once(patience_ms_);
      if (answer_cut_ < text.size()) say(server.fd, text.substr(answer_cut_));
      if (!has(text, "Content-Length") && !has(text, "chunked") && !has(text, " 204 ") && !has(text, " 101 "))
        ::shutdown(server.fd.get(), SHUT_WR);
    }
    return next_ > before;
  }

  sys::Fd listener_;
  std::unique_ptr<Balancer> balancer_;
  sys::Fd client_;
  std::vector<std::unique_ptr<Server>> peers_;
  const std::vector<std::string>* answers_ = nullptr;
  size_t next_ = 0;
  size_t answer_cut_ = 0;
  int patience_ms_ = kPatienceMs;
};

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

void check_requests(Wire& wire, const std::string& request, size_t answers, const std::string& expected) {
  const std::vector<std::string> all(answers, kOk);
  const Wire::Outcome whole = wire.run(request, 0, all, kOk.size(), true);
  CHECK(has(whole.servers, expected));
  for (size_t cut = 1; cut < request.size(); ++cut) {
    INFO("cut at " << cut << ", before " << request.substr(cut, 20));
    const Wire::Outcome outcome = wire.expect(whole, request, cut, all, kOk.size(), true);
    REQUIRE(outcome.client == whole.client);
    REQUIRE(outcome.servers == whole.servers);
  }
}

void check_answers(const std::string& request, const std::string& answer, const std::string& expected) {
  Wire wire;
  // The next request tells whether both sides know where the answer ended.
  const std::vector<std::string> answers = {answer, kOk};
  const std::string all = request + get("/next");
  const Wire::Outcome whole = wire.run(all, 0, answers, answer.size());
  CHECK(has(whole.client, expected));
  for (size_t cut = 1; cut < answer.size(); ++cut) {
    INFO("cut at " << cut << ", before " << answer.substr(cut, 20));
    const Wire::Outcome outcome = wire.expect(whole, all, 0, answers, cut);
    REQUIRE(outcome.client == whole.client);
    REQUIRE(outcome.closed == whole.closed);
    REQUIRE(outcome.servers == whole.servers);
  }
}

}  // namespace

TEST_CASE("requests one behind the other are the same wherever they are cut") {
  Wire wire;
  check_requests(wire,
                 "\r\n" + get("/1") +
                     "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12345\r\n"
                     "PUT /3 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n" +
                     get("/4"),
                 4, "GET /4 HTTP/1.1\r\nHost: h\r\n");
}

TEST_CASE("a request whose client ends its sending is the same wherever it is cut") {
  Wire wire;
  check_requests(wire, "GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n", 2,
                 "GET /2 HTTP/1.0\r\n");
}

TEST_CASE("a request behind a header of the PROXY protocol is the same wherever they are cut") {
  Wire wire([](Config& config) { config.frontends[0].accept_proxy = true; });
  const auto client = *SocketAddress::parse("10.1.2.3:4");
  const auto here = *SocketAddress::parse("10.9.9.9:80");
  for (const unsigned version : {1U, 2U})
    check_requests(wire, write_proxy_header(version, client, here) + get("/1") + get("/2"), 2,
                   "X-Forwarded-For: 10.1.2.3\r\n");
}

TEST_CASE("answers of every framing are the same wherever they are cut") {
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: "
      "y\r\n\r\n";
  check_answers(get("/1"), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n\r\nhello", "hello");
  check_answers(get("/1"), chunked, "\r\n0\r\nX: y\r\n\r\n");
  check_answers(get("/1"), "HTTP/1.1 200 OK\r\nA: b\r\n\r\nto the end", "to the end");
  check_answers(get("/1"), "HTTP/1.1 204 No Content\r\nA: b\r\n\r\n", " 204 ");
  check_answers("HEAD /1 HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
                "Content-Length: 5");
  check_answers("POST /1 HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab",
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + chunked,
                " 103 Early Hints");
}

TEST_CASE("what both sides say after an upgrade is the same wherever it is cut") {
  Wire wire;
  const std::string request =
      "GET /1 HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfrom the client";
  const std::string answer =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfrom the server";
  const Wire::Outcome whole = wire.run(request, 0, {answer}, answer.size());
  CHECK(has(whole.client, "\r\n\r\nfrom the server"));
  CHECK(has(whole.servers, "\r\n\r\nfrom the client"));
  for (size_t cut = 1; cut < std::max(request.size(), answer.size()); ++cut) {
    INFO("cut at " << cut);
    REQUIRE(wire.expect(whole, request, std::min(cut, request.size()), {answer}, answer.size()) == whole);
    REQUIRE(wire.expect(whole, request, 0, {answer}, std::min(cut, answer.size())) == whole);
  }
}

TEST_CASE("an answer whose lines end in a bare LF is passed on with good ones, wherever it is cut") {
  const std::string body = "a\r\n\r\nb";
  const std::string answer = "HTTP/1.1 200 OK\nContent-Length: 6\r\nX: y\n\n" + body;
  for (size_t at = 1; at < answer.size(); ++at) {
    FakeServer server([&](Peer& peer) {
      while (peer.until("\r\n\r\n").ends_with("\r\n\r\n")) {
        peer.send(answer.substr(0, at));
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        peer.send(answer.substr(at));
      }
    });
    Running balancer(config_for({server.port()}));
    const std::string got = ask(balancer.port());
    INFO(at);
    CHECK(got == "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX: y\r\n\r\n" + body);
  }
}
