#include <catch2/catch.hpp>

#include <functional>

#include "dns_message.h"
#include "folder.h"
#include "netmgr/dns.h"
#include "sys/random.h"
#include "world.h"

using namespace netmgr;
using namespace netmgr::test;

namespace {

// An upstream on the host's loopback, answering by `respond`; no reply for an empty message.
struct Upstream {
  sys::Fd udp;
  std::string name;
  std::function<Message(const Message&)> respond;
  std::vector<Message> asked;

  Upstream(const sys::Fd& netns, uint16_t port, std::function<Message(const Message&)> function)
      : udp(socket_in(netns, SOCK_DGRAM)),
        name("127.0.0.1:" + std::to_string(port)),
        respond(std::move(function)) {
    const sockaddr_in address = socket_address("127.0.0.1", port);
    sys::check(::bind(udp.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind", name);
  }

  void serve() {
    Message message(4096);
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t got =
        ::recvfrom(udp.get(), message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0) return;
    message.resize(static_cast<size_t>(got));
    asked.push_back(message);
    const Message answer = respond(message);
    if (!answer.empty()) {
      (void)::sendto(udp.get(), answer.data(), answer.size(), 0, reinterpret_cast<const sockaddr*>(&from),
                     size);
    }
  }
};

struct Setup {
  World world;
  Folder folder;
  sys::Fd netns = new_namespace();
  std::vector<Upstream*> upstreams;
  std::unique_ptr<DnsServer> server;

  explicit Setup(std::vector<Upstream*> given = {}) : upstreams(std::move(given)) {}

  void add(const std::string& address, const std::vector<std::string>& names) const {
    register_endpoint(folder.path, sys::random_hex(64), {address}, names);
  }
  void start(const std::vector<std::string>& names = {}) {
    DnsConfig config{{folder.path}, names};
    if (names.empty()) {
      for (const Upstream* upstream : upstreams) config.upstreams.push_back(upstream->name);
    }
    server.reset();  // the port is free again
    server = std::make_unique<DnsServer>(netns, config);
  }

  // Runs the server and the upstreams until `fd` is readable.
  bool run_until(const sys::Fd& fd, int milliseconds = 8000) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    while (std::chrono::steady_clock::now() < end) {
      std::vector<pollfd> entries{{fd.get(), POLLIN, 0}, {server->poll_fd(), POLLIN, 0}};
      for (const Upstream* upstream : upstreams) entries.push_back({upstream->udp.get(), POLLIN, 0});
      if (::poll(entries.data(), entries.size(), 100) <= 0) continue;
      if (entries[1].revents != 0) server->serve();
      for (size_t index = 0; index < upstreams.size(); ++index) {
        if (entries[index + 2].revents != 0) upstreams[index]->serve();
      }
      if (entries[0].revents != 0) return true;
    }
    return false;
  }

  sys::Fd client(int type = SOCK_DGRAM) const {
    sys::Fd fd = socket_in(netns, type);
    const sockaddr_in address = socket_address("127.0.0.11", 53);
    const int result = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (result != 0 && errno != EINPROGRESS) sys::fail("connect", "127.0.0.11");
    return fd;
  }

  Message receive(const sys::Fd& fd, int milliseconds = 8000) {
    if (!run_until(fd, milliseconds)) return {};
    Message answer(65536);
    answer.resize(static_cast<size_t>(sys::check(::recv(fd.get(), answer.data(), answer.size(), 0), "recv")));
    return answer;
  }

  Message ask(const Message& query, int milliseconds = 8000) {
    const sys::Fd fd = client();
    sys::check(::send(fd.get(), query.data(), query.size(), 0), "send");
    return receive(fd, milliseconds);
  }

  // Over TCP: sends bytes as they are, receives one message.
  Message ask_by_tcp(const Message& query) {
    const sys::Fd fd = client(SOCK_STREAM);
    Message framed;
    put16(framed, static_cast<unsigned>(query.size()));
    framed.insert(framed.end(), query.begin(), query.end());
    sys::check(::send(fd.get(), framed.data(), framed.size(), MSG_NOSIGNAL), "send");
    Message answer;
    while (answer.size() < 2 || answer.size() < 2 + get16(answer, 0)) {
      const Message part = receive(fd);
      if (part.empty()) return {};
      answer.insert(answer.end(), part.begin(), part.end());
    }
    return {answer.begin() + 2, answer.end()};
  }
};

Message answer_1234(const Message& query) {
  return make_answer(query, {1, 2, 3, 4});
}
Message stay_silent(const Message&) {
  return {};
}

}  // namespace

TEST_CASE("A local name is answered with all its addresses, in an order that turns") {
  if (!is_root()) return;
  Setup setup;
  setup.add("172.18.0.2", {"web", "shop-web-1"});
  setup.add("172.18.0.3", {"web", "shop-web-2"});
  setup.start();
  const Parsed first = parse(setup.ask(make_query(1, "Web")));
  const Parsed second = parse(setup.ask(make_query(2, "web")));
  CHECK(first.id == 1);
  CHECK(first.ttl == 600);
  CHECK(first.data.size() == 2);
  CHECK(std::is_permutation(first.data.begin(), first.data.end(), second.data.begin()));
  CHECK(first.data != second.data);
  CHECK(parse(setup.ask(make_query(3, "shop-web-2"))).data == std::vector<std::string>{"172.18.0.3"});
}

TEST_CASE("A name has the IPv4 and IPv6 addresses of its endpoints, each for its own type of question") {
  if (!is_root()) return;
  Setup setup;
  register_endpoint(setup.folder.path, sys::random_hex(64), {"172.18.0.2", "fd18::2"}, {"web"});
  register_endpoint(setup.folder.path, sys::random_hex(64), {"fd18::3"}, {"web", "six"});
  setup.start();
  const auto data = [&](const std::string& name, unsigned type) {
    const Message answer = setup.ask(make_query(4, name, type));
    CHECK((answer.at(3) & 15) == 0);
    return get16(answer, 6);
  };
  CHECK(data("web", kTypeA) == 1);
  CHECK(data("web", kTypeAaaa) == 2);
  CHECK(data("six", kTypeA) == 0);
  CHECK(data("six", kTypeAaaa) == 1);
  const Message answer = setup.ask(make_query(4, "six", kTypeAaaa));
  const std::vector<uint8_t> wanted{0xfd, 0x18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3};
  CHECK(std::equal(wanted.begin(), wanted.end(), answer.end() - 16));
  CHECK(parse(setup.ask(make_query(
                  5, "3.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.1.d.f.ip6.arpa", kTypePtr)))
            .data == std::vector<std::string>{"web"});
}

TEST_CASE("A local name has no records of other types, and that is no error") {
  if (!is_root()) return;
  Setup setup;
  setup.add("172.18.0.2", {"web"});
  setup.start();
  for (const unsigned type : {kTypeAaaa, kTypeMx, kTypeTxt, kTypeAny}) {
    INFO(type);
    const Parsed parsed = parse(setup.ask(make_query(5, "web", type)));
    CHECK(parsed.code == 0);
    CHECK(parsed.answers == 0);
  }
}

TEST_CASE("An address of ours has its endpoint's first name") {
  if (!is_root()) return;
  Setup setup;
  setup.add("172.18.0.2", {"shop-web-1", "web"});
  setup.start();
  CHECK(parse(setup.ask(make_query(5, "2.0.18.172.in-addr.arpa", kTypePtr))).data ==
        std::vector<std::string>{"shop-web-1"});
}

TEST_CASE("An endpoint that comes or goes is seen by the next query, and an idle server has nothing to do") {
  if (!is_root()) return;
  Setup setup;
  setup.start();
  const std::string id = sys::random_hex(64);
  register_endpoint(setup.folder.path, id, {"172.18.0.2"}, {"web"});
  pollfd entry{setup.server->poll_fd(), POLLIN, 0};
  CHECK(::poll(&entry, 1, 50) == 0);
  CHECK(parse(setup.ask(make_query(1, "web"))).answers == 1);
  unregister_endpoint(setup.folder.path, id);
  CHECK(parse(setup.ask(make_query(1, "web"))).code == 2);
  CHECK(::poll(&entry, 1, 50) == 0);
}

TEST_CASE("Other names are asked of the upstream with an id of our own and the client's EDNS0") {
  if (!is_root()) return;
  Setup setup;
  Upstream upstream(setup.world.host, 5301, answer_1234);
  setup.upstreams = {&upstream};
  setup.start();
  const Message query = make_query(0x4242, "example.com", kTypeA, 1232);
  int same_id = 0;
  for (int round = 0; round < 4; ++round) {
    const Parsed parsed = parse(setup.ask(query));
    CHECK(parsed.id == 0x4242);
    CHECK(parsed.data == std::vector<std::string>{"1.2.3.4"});
    const Message& asked = upstream.asked.back();
    CHECK(std::equal(asked.begin() + 2, asked.end(), query.begin() + 2, query.end()));
    same_id += get16(asked, 0) == 0x4242 ? 1 : 0;
  }
  CHECK(same_id < 2);
}

TEST_CASE("An upstream that is silent, refuses or fails is passed over for the next") {
  if (!is_root()) return;
  Setup setup;
  Upstream silent(setup.world.host, 5301, stay_silent);
  Upstream failing(setup.world.host, 5302, [](const Message& query) { return make_answer(query, {}, 2); });
  Upstream good(setup.world.host, 5303, answer_1234);
  setup.upstreams = {&silent, &failing, &good};
  setup.start({"127.0.0.1:5309", silent.name, failing.name, good.name});
  CHECK(parse(setup.ask(make_query(1, "example.com"))).data == std::vector<std::string>{"1.2.3.4"});
  const auto start = std::chrono::steady_clock::now();
  CHECK(parse(setup.ask(make_query(1, "example.com"))).data == std::vector<std::string>{"1.2.3.4"});
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(1));  // silence is remembered
  CHECK(silent.asked.size() == 1);
}

TEST_CASE("With no upstream, or none that answers, the client is told so") {
  if (!is_root()) return;
  Setup setup;
  setup.start();
  CHECK(parse(setup.ask(make_query(1, "example.com"))).code == 2);
  CHECK(parse(setup.ask_by_tcp(make_query(1, "example.com"))).code == 2);
  setup.start({"127.0.0.1:5309"});
  CHECK(parse(setup.ask(make_query(1, "example.com"))).code == 2);
  Upstream refusing(setup.world.host, 5301, [](const Message& query) { return make_answer(query, {}, 5); });
  setup.upstreams = {&refusing};
  setup.start();
  CHECK(parse(setup.ask(make_query(1, "example.com"))).code == 5);
}

TEST_CASE("An answer to another question, with another id or garbage is not taken") {
  if (!is_root()) return;
  Setup setup;
  int round = 0;
  Upstream upstream(setup.world.host, 5301, [&](const Message& query) {
    Message wrong = query;
    if (++round == 1) wrong[0] ^= 0xff;
    if (round == 2) wrong[13] ^= 0x01;
    if (round == 3) return Message{1, 2, 3};
    return make_answer(wrong, {6, 6, 6, 6});
  });
  setup.upstreams = {&upstream};
  setup.start();
  for (int question = 0; question < 3; ++question) {
    CHECK(setup.ask(make_query(1, "example.com"), 300).empty());
  }
}

TEST_CASE("A hundred questions are under way at once while local names are answered") {
  if (!is_root()) return;
  Setup setup;
  std::vector<std::pair<Message, int>> held;
  Upstream upstream(setup.world.host, 5301, stay_silent);
  setup.upstreams = {&upstream};
  setup.add("172.18.0.2", {"web"});
  setup.start();
  std::vector<sys::Fd> clients;
  for (unsigned index = 0; index < 100; ++index) {
    clients.push_back(setup.client());
    const Message query = make_query(index, "n" + std::to_string(index) + ".example.com");
    sys::check(::send(clients.back().get(), query.data(), query.size(), 0), "send");
  }
  CHECK(parse(setup.ask(make_query(1, "web"), 1000)).answers == 1);
  upstream.respond = answer_1234;  // to the second round
  for (unsigned index = 0; index < 100; ++index) {
    const Parsed parsed = parse(setup.receive(clients[index]));
    CHECK(parsed.id == index);
    CHECK(parsed.answers == 1);
  }
}

TEST_CASE("More replicas than fit a datagram are all given over TCP") {
  if (!is_root()) return;
  Setup setup;
  for (int index = 1; index <= 100; ++index) setup.add("172.18.1." + std::to_string(index), {"web"});
  setup.start();
  const Parsed datagram = parse(setup.ask(make_query(1, "web")));
  CHECK(datagram.truncated);
  CHECK(datagram.answers < 100);
  const Parsed edns = parse(setup.ask(make_query(1, "web", kTypeA, 4096)));
  CHECK_FALSE(edns.truncated);
  CHECK(edns.answers == 100);
  const Parsed stream = parse(setup.ask_by_tcp(make_query(2, "web")));
  CHECK_FALSE(stream.truncated);
  CHECK(stream.answers == 100);
}

TEST_CASE("A question over TCP is relayed over TCP, past an upstream that does not take it") {
  if (!is_root()) return;
  Setup setup;
  const Service listener(setup.world.host, "127.0.0.1", 5304);
  setup.start({"127.0.0.1:5309", "127.0.0.1:5304"});
  const sys::Fd client = setup.client(SOCK_STREAM);
  const Message query = make_query(0x77, "example.com");
  Message framed;
  put16(framed, static_cast<unsigned>(query.size()));
  framed.insert(framed.end(), query.begin(), query.end());
  // In two pieces, so the server must put them together.
  sys::check(::send(client.get(), framed.data(), 5, MSG_NOSIGNAL), "send");
  CHECK_FALSE(setup.run_until(client, 50));
  sys::check(::send(client.get(), framed.data() + 5, framed.size() - 5, MSG_NOSIGNAL), "send");
  REQUIRE(setup.run_until(listener.fd));
  const sys::Fd upstream(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  Message asked = setup.receive(upstream);
  REQUIRE(asked.size() == framed.size());
  const Message answer = make_answer({asked.begin() + 2, asked.end()}, {1, 2, 3, 4});
  Message reply;
  put16(reply, static_cast<unsigned>(answer.size()));
  reply.insert(reply.end(), answer.begin(), answer.end());
  sys::check(::send(upstream.get(), reply.data(), reply.size(), MSG_NOSIGNAL), "send");
  Message got = setup.receive(client);
  REQUIRE(got.size() == reply.size());
  CHECK(parse({got.begin() + 2, got.end()}).id == 0x77);
  CHECK(parse({got.begin() + 2, got.end()}).data == std::vector<std::string>{"1.2.3.4"});
}

TEST_CASE("What makes no sense is refused or dropped, over both transports, and the server goes on") {
  if (!is_root()) return;
  Setup setup;
  setup.add("172.18.0.2", {"web"});
  setup.start();
  Message no_question = make_query(1, "web");
  no_question[5] = 0;
  CHECK(parse(setup.ask(no_question)).code == 1);
  Message update = make_query(1, "web");
  update[2] = 0x28;
  CHECK(parse(setup.ask(update)).code == 4);
  Message response = make_query(1, "web");
  response[2] |= 0x80;
  CHECK(setup.ask(response, 100).empty());
  CHECK(setup.ask(Message{1, 2, 3}, 100).empty());
  {
    const sys::Fd client = setup.client(SOCK_STREAM);
    (void)::send(client.get(), "\xff\xff garbage", 10, MSG_NOSIGNAL);
    CHECK(setup.receive(client, 1000).empty());  // closed
  }
  CHECK(parse(setup.ask(make_query(1, "web"))).answers == 1);
  CHECK(parse(setup.ask_by_tcp(make_query(1, "web"))).answers == 1);
}

TEST_CASE("An upstream that is no address is an error that names it") {
  if (!is_root()) return;
  Setup setup;
  for (const char* text : {"dns.example", "10.0.0.1:", "10.0.0.1:0", "10.0.0.1:99999", "[::1", ""}) {
    INFO(text);
    CHECK_THROWS_AS(setup.start({text}), sys::Error);
  }
  setup.start({"10.0.0.1", "10.0.0.1:5353", "::1", "[::1]:5353", "fe80::1%lo"});
}

TEST_CASE("A container that binds port 53 of every address still gets it, and its own queries are answered") {
  if (!is_root()) return;
  Setup setup;
  setup.add("172.18.0.2", {"web"});
  setup.start();
  const Service datagrams(setup.netns, "0.0.0.0", 53, SOCK_DGRAM);
  const Service streams(setup.netns, "0.0.0.0", 53, SOCK_STREAM);
  CHECK(parse(setup.ask(make_query(1, "web"))).answers == 1);
  CHECK(parse(setup.ask_by_tcp(make_query(1, "web"))).answers == 1);
  CHECK(reach(setup.netns, "127.0.0.1", 53, datagrams));
  CHECK(reach(setup.netns, "127.0.0.1", 53, streams));
}

TEST_CASE("A new server takes over where one was killed") {
  if (!is_root()) return;
  Setup setup;
  setup.add("172.18.0.2", {"web"});
  setup.start();
  CHECK(parse(setup.ask_by_tcp(make_query(1, "web"))).answers == 1);
  setup.start();
  CHECK(parse(setup.ask(make_query(1, "web"))).answers == 1);
  CHECK(parse(setup.ask_by_tcp(make_query(1, "web"))).answers == 1);
}
