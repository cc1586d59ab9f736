#include "netmgr/lb/http_session.h"

#include <catch2/catch.hpp>
#include <set>

#include "unit/lb/scene.h"

using namespace scene;

TEST_CASE("requests of one client go round the servers over one connection") {
  FakeServer one(echo("one"));
  FakeServer two(echo("two"));
  Running balancer(config_for({one.port(), two.port()}));
  Peer client = Peer::to(balancer.port());
  std::multiset<std::string> bodies;
  for (int i = 0; i < 10; ++i) {
    client.send(kGet);
    const std::string answer = answer_of(client);
    bodies.insert(answer.substr(answer.find("\r\n\r\n") + 4));
  }
  CHECK(bodies.count("one GET /a") == 5);
  CHECK(bodies.count("two GET /a") == 5);
  CHECK(one.connections() == 1);
}

TEST_CASE("pipelined requests are answered in their order") {
  FakeServer server(echo("s"));
  Running balancer(config_for({server.port()}));
  Peer client = Peer::to(balancer.port());
  std::string all;
  for (int i = 0; i < 50; ++i) all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  client.send(all);
  for (int i = 0; i < 50; ++i) {
    const std::string wanted = "s GET /" + std::to_string(i);
    REQUIRE(answer_of(client).ends_with(wanted));
  }
}

TEST_CASE("empty lines before a request are passed over, also when they come in pieces") {
  FakeServer server(echo("s"));
  Running balancer(config_for({server.port()}));
  Peer client = Peer::to(balancer.port());
  for (const std::string& part : {std::string("\r"), std::string("\n\r\n"), kGet}) {
    client.send(part);
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
  }
  CHECK(answer_of(client).ends_with("s GET /a"));
}

TEST_CASE("an answer that is not HTTP is 502 and the balancer goes on") {
  FakeServer server([](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("\r\nHTTP/1.0 2\r\nA: b\r\n\r\n");
  });
  Running balancer(config_for({server.port()}));
  for (int i = 0; i < 2; ++i) {
    Peer client = Peer::to(balancer.port());
    client.send(kGet);
    CHECK(client.rest().starts_with("HTTP/1.1 502 "));
  }
}

TEST_CASE("a client that has ended its sending is answered") {
  FakeServer server(echo("s"));
  Running balancer(config_for({server.port()}));
  Peer client = Peer::to(balancer.port());
  client.send(kGet);
  client.end_sending();
  CHECK(client.rest().ends_with("s GET /a"));
}

TEST_CASE("bodies of both framings arrive whole and the connection goes on") {
  FakeServer server([](Peer& peer) {
    while (true) {
      const std::string head = peer.until("\r\n\r\n");
      if (head.find("chunked") != std::string::npos) {
        const std::string body = peer.until("0\r\n\r\n");
        if (!peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)) return;
      } else if (head.ends_with("\r\n\r\n")) {
        const std::string body = peer.exactly(300000);
        if (!peer.send("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + body)) return;
      } else {
        return;
      }
    }
  });
  Running balancer(config_for({server.port()}));
  Peer client = Peer::to(balancer.port());
  const std::string big(300000, 'x');
  for (int i = 0; i < 3; ++i) {
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n" + big);
    CHECK(answer_of(client).ends_with("\r\n\r\n" + big));
    client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n");
    client.send("abc\r\n0\r\n\r\n");
    CHECK(client.until("\r\n\r\n").find("chunked") != std::string::npos);
    CHECK(client.until("0\r\n\r\n") == "3\r\nabc\r\n0\r\n\r\n");
  }
}

TEST_CASE("a chunked body that is not well formed ends the request") {
  FakeServer server([](Peer& peer) { peer.rest(); });
  Running balancer(config_for({server.port()}));
  Peer client = Peer::to(balancer.port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n");
  CHECK(client.rest().starts_with("HTTP/1.1 400 "));
}

TEST_CASE("answers to HEAD and 304 have no body, whatever their length says") {
  FakeServer server([](Peer& peer) {
    while (peer.until("\r\n\r\n").ends_with("\r\n\r\n"))
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n");
  });
  Running balancer(config_for({server.port()}));
  Peer client = Peer::to(balancer.port());
  for (int i = 0; i < 3; ++i) {
    client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(client.until("\r\n\r\n") == "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n");
  }
}

TEST_CASE("an answer that ends with its connection ends the client's too") {
  FakeServer server([](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.0 200 OK\r\n\r\nall of it");
  });
  Running balancer(config_for({server.port()}));
  Peer client = Peer::to(balancer.port());
  client.send(kGet);
  CHECK(client.rest() == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it");
}

TEST_CASE("100 Continue reaches a client that waits for it") {
  FakeServer server([](Peer& peer) {
    peer.until("\r\n\r\n");
    peer.send("HTTP/1.1 100 Continue\r\n\r\n");
    peer.exactly(3);
    peer.send("HTTP/1.1 204 No Content\r\n\r\n");
  });
  Running balancer(config_for({server.port()}));
  Peer client = Peer::to(balancer.port());
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  CHECK(client.until("\r\n\r\n").starts_with("HTTP/1.1 204 "));
}

TEST_CASE("an upgraded connection carries what both sides say") {
  FakeServer server([](Peer& peer) {
    const std::string head = peer.until("\r\n\r\n");
    if (head.find("Upgrade: echo") == std::string::npos) return;
    peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\nhello");
    while (true) {
      const std::string bytes = peer.exactly(4);
      if (bytes.empty() || !peer.send(bytes)) return;
    }
  });
  Running balancer(config_for({server.port()}));
  Peer client = Peer::to(balancer.port());
  client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  CHECK(client.until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
  CHECK(client.exactly(5) == "hello");
  client.send("ping");
  CHECK(client.exactly(4) == "ping");
  client.end_sending();
  CHECK(client.rest().empty());
}

TEST_CASE("a server that does not accept is passed over, also for requests with a body") {
  FakeServer server([](Peer& peer) {
    peer.until("abc");
    peer.send("HTTP/1.1 204 No Content\r\n\r\n");
    peer.rest();
  });
  Running balancer(config_for({closed_port(), server.port(), closed_port()}));
  for (int i = 0; i < 6; ++i) {
    Peer client = Peer::to(balancer.port());
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    CHECK(client.until("\r\n\r\n").starts_with("HTTP/1.1 204 "));
  }
}

TEST_CASE("a request is repeated when its server dies, unless that could do a thing twice") {
  std::atomic<int> posts = 0;
  FakeServer dying([&](Peer& peer) {
    if (peer.until("\r\n\r\n").starts_with("POST")) ++posts;
  });
  FakeServer server(echo("s"));
  Running balancer(config_for({dying.port(), server.port()}));
  for (int i = 0; i < 6; ++i) {
    Peer client = Peer::to(balancer.port());
    client.send(kGet);
    CHECK(answer_of(client).ends_with("s GET /a"));
  }
  int lost = 0;
  for (int i = 0; i < 6; ++i) {
    Peer client = Peer::to(balancer.port());
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
    if (answer_of(client).starts_with("HTTP/1.1 502 ")) ++lost;
  }
  CHECK(lost == 3);
  CHECK(posts == 3);
}

TEST_CASE("a connection that its server has closed for its age fails no request, also without retries") {
  // Each connection answers once and closes with the next request.
  FakeServer server([](Peer& peer) {
    if (peer.until("\r\n\r\n").empty()) return;
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    peer.until("\r\n\r\n");
  });
  netmgr::lb::Config config = config_for({server.port()});
  config.backends[0].retries = 0;
  Running balancer(config);
  Peer client = Peer::to(balancer.port());
  for (int i = 0; i < 3; ++i) {
    client.send(kGet);
    CHECK(answer_of(client).ends_with("ok"));
  }
  CHECK(server.connections() == 3);
}

TEST_CASE("half of an empty line between requests is no request that must come in time") {
  FakeServer server(echo("s"));
  netmgr::lb::Config config = config_for({server.port()});
  config.timeouts.request_ms = 30;
  Running balancer(config);
  Peer client = Peer::to(balancer.port());
  client.send(kGet);
  answer_of(client);
  client.send("\r");
  for (int turn = 0; turn < 3; ++turn) balancer.run([](netmgr::lb::Balancer&) {});
  client.send("\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  client.send(kGet);
  CHECK(answer_of(client).starts_with("HTTP/1.1 200 "));
}

TEST_CASE("an answer that comes before its request is whole ends both connections, and is read whole") {
  // With the head of a request it answers; a further one on the same connection would be taken for its body.
  FakeServer server([](Peer& peer) {
    const std::string head = peer.until("\r\n\r\n");
    if (head.empty()) return;
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly");
    peer.rest();
  });
  Running balancer(config_for({server.port()}));
  for (const std::string framing : {"Content-Length: 100000", "Transfer-Encoding: chunked"}) {
    Peer client = Peer::to(balancer.port());
    client.send("POST / HTTP/1.1\r\nHost: h\r\n" + framing + "\r\n\r\n5\r\nhello\r\n");
    const std::string answer = answer_of(client);
    CHECK(answer.ends_with("early"));
    CHECK(has(answer, "Connection: close\r\n"));
    // What it still says is not a request, and does no harm to what it has not read yet.
    client.send(kGet);
    CHECK(client.rest().empty());
  }
  CHECK(server.connections() == 2);
  CHECK(ask(balancer.port()).ends_with("early"));
  CHECK(server.connections() == 3);
}

TEST_CASE("without a server the answer is 503, saying whose") {
  Running balancer(config_for({}));
  Peer client = Peer::to(balancer.port());
  client.send(kGet);
  const std::string answer = client.rest();
  CHECK(answer.starts_with("HTTP/1.1 503 "));
  CHECK(answer.find("no server of \"web\"") != std::string::npos);
}

TEST_CASE("heads that are too large, too slow or not HTTP are answered so") {
  FakeServer server(echo("s"));
  netmgr::lb::Config config = config_for({server.port()});
  config.timeouts.request_ms = 200;
  Running balancer(config);
  Peer large = Peer::to(balancer.port());
  large.send("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(17000, 'a') + "\r\n\r\n");
  CHECK(large.until("\r\n\r\n").starts_with("HTTP/1.1 431 "));
  Peer slow = Peer::to(balancer.port());
  for (const char c : std::string("GET / HTTP")) {
    slow.send(std::string(1, c));
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
  }
  CHECK(slow.until("\r\n\r\n").starts_with("HTTP/1.1 408 "));
  Peer bare = Peer::to(balancer.port());
  bare.send("GET / HTTP/1.1\nHost: h\n\n");
  CHECK(bare.until("\r\n\r\n").starts_with("HTTP/1.1 400 "));
}

TEST_CASE("a server that does not answer in time is 504") {
  FakeServer server([](Peer& peer) { peer.rest(); });
  netmgr::lb::Config config = config_for({server.port()});
  config.timeouts.server_ms = 100;
  Running balancer(config);
  Peer client = Peer::to(balancer.port());
  client.send(kGet);
  CHECK(client.rest().starts_with("HTTP/1.1 504 "));
}

TEST_CASE("a client that reads slowly gets a large answer whole") {
  const std::string body(8'000'000, 'y');
  FakeServer server([&](Peer& peer) {
    peer.until("\r\n\r\n");
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n" + body;
    for (size_t at = 0; at < answer.size(); at += 1'000'000)
      if (!peer.send(answer.substr(at, 1'000'000))) return;
    peer.rest();
  });
  Running balancer(config_for({server.port()}));
  Peer client = Peer::to(balancer.port());
  client.send(kGet);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  client.until("\r\n\r\n");
  CHECK(client.exactly(body.size()) == body);
}

TEST_CASE("more clients than are allowed wait for one to leave") {
  FakeServer server(echo("s"));
  netmgr::lb::Config config = config_for({server.port()});
  config.max_connections = 1;
  Running balancer(config);
  auto first = std::make_unique<Peer>(Peer::to(balancer.port()));
  first->send(kGet);
  CHECK(answer_of(*first).ends_with("s GET /a"));
  Peer second = Peer::to(balancer.port());
  second.send(kGet);
  pollfd waiting{second.fd(), POLLIN, 0};
  CHECK(::poll(&waiting, 1, 100) == 0);
  first.reset();
  CHECK(answer_of(second).ends_with("s GET /a"));
}

TEST_CASE("no request fails while servers come and go in the configuration") {
  FakeServer one(echo("s"));
  FakeServer two(echo("s"));
  FakeServer three(echo("s"));
  const std::vector<netmgr::lb::Config> configs = {config_for({one.port()}),
                                                   config_for({one.port(), two.port(), three.port()}),
                                                   config_for({two.port(), three.port()})};
  Running balancer(configs[0]);
  std::atomic<bool> stop = false;
  std::atomic<int> failed = 0;
  std::atomic<int> answered = 0;
  std::vector<std::thread> clients;
  clients.reserve(4);
  for (int i = 0; i < 4; ++i)
    clients.emplace_back([&] {
      Peer client = Peer::to(balancer.port());
      while (!stop) {
        client.send(kGet);
        if (!answer_of(client).ends_with("s GET /a")) {
          ++failed;
          return;
        }
        ++answered;
      }
    });
  for (int i = 0; i < 60; ++i) {
    balancer.apply(configs[static_cast<size_t>(i) % 3]);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  stop = true;
  for (std::thread& client : clients) client.join();
  CHECK(failed == 0);
  CHECK(answered > 60);
}
