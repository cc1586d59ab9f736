#include "netmgr/dns_packet.h"

#include <catch2/catch.hpp>
#include <random>

#include "dns_message.h"

using namespace netmgr::dns;
using namespace netmgr::test;

namespace {

// Reads whatever it is given and answers it, as the server would; the sanitizers watch.
void exercise(const Message& message) {
  Query query;
  const Reading reading = read_query(message, query);
  if (reading == Reading::kIgnore) return;
  if (reading == Reading::kFormErr || query.opcode != 0) query.question_end = 0;
  std::array<uint8_t, kMaxUdpSize> buffer;
  Response response(buffer, message, query, Code::kNoError, query.udp_size);
  for (uint32_t index = 0; index < 300; ++index) {
    if (!response.add_address(netmgr::ipv4(index), 600)) break;
  }
  response.add_pointer("a.b", 600);
  const size_t size = response.finish();
  if (size > query.udp_size) FAIL("a response of " << size << " bytes");  // CHECK is slow in such a loop
  if (!parse(Message(buffer.begin(), buffer.begin() + static_cast<long>(size))).response) FAIL("no response");
  (void)answers(message, message);
}

}  // namespace

TEST_CASE("A query is read with its name in lower case") {
  const Message message = make_query(0x1234, "Web.Example.COM", kTypeAaaa, 1232);
  Query query;
  REQUIRE(read_query(message, query) == Reading::kQuery);
  CHECK(query.id == 0x1234);
  CHECK(query.name.view() == "web.example.com");
  CHECK(query.type == kTypeAaaa);
  CHECK(query.klass == kClassIn);
  CHECK(query.recursion_desired);
  CHECK(query.has_edns);
  CHECK(query.udp_size == 1232);
}

TEST_CASE("Without EDNS0 a client takes 512 bytes, and an absurd size is brought into range") {
  Query plain;
  REQUIRE(read_query(make_query(1, "web"), plain) == Reading::kQuery);
  CHECK(plain.udp_size == 512);
  Query tiny;
  REQUIRE(read_query(make_query(1, "web", kTypeA, 1), tiny) == Reading::kQuery);
  CHECK(tiny.udp_size == 512);
  Query huge;
  REQUIRE(read_query(make_query(1, "web", kTypeA, 65535), huge) == Reading::kQuery);
  CHECK(huge.udp_size == 4096);
}

TEST_CASE("Malformed queries are told from such that deserve no answer") {
  Query query;
  CHECK(read_query(Message(11, 0), query) == Reading::kIgnore);
  Message response = make_query(1, "web");
  response[2] |= 0x80;
  CHECK(read_query(response, query) == Reading::kIgnore);

  Message no_question = make_query(1, "web");
  no_question[5] = 0;
  CHECK(read_query(no_question, query) == Reading::kFormErr);
  Message cut = make_query(1, "web");
  cut.resize(cut.size() - 1);
  CHECK(read_query(cut, query) == Reading::kFormErr);
  Message compressed = make_query(1, "web");
  compressed[12] = 0xc0;  // points at itself
  compressed[13] = 0x0c;
  CHECK(read_query(compressed, query) == Reading::kFormErr);
  Message two_opt = make_query(1, "web", kTypeA, 1232);
  two_opt.insert(two_opt.end(), two_opt.end() - 11, two_opt.end());
  two_opt[11] = 2;
  CHECK(read_query(two_opt, query) == Reading::kFormErr);
  Message missing_record = make_query(1, "web");
  missing_record[11] = 1;
  CHECK(read_query(missing_record, query) == Reading::kFormErr);
}

TEST_CASE("A name of 253 bytes is read, one that is too long is not") {
  const std::string label(63, 'a');
  Query query;
  const std::string longest = label + '.' + label + '.' + label + '.' + std::string(61, 'b');
  REQUIRE(read_query(make_query(1, longest), query) == Reading::kQuery);
  CHECK(query.name.view() == longest);
  Query over;
  CHECK(read_query(make_query(1, longest + ".cccc"), over) == Reading::kFormErr);
}

TEST_CASE("A response repeats id, question and the wish for recursion, and carries the records") {
  const Message message = make_query(7, "WEB", kTypeA, 1232);
  Query query;
  REQUIRE(read_query(message, query) == Reading::kQuery);
  std::array<uint8_t, 512> buffer;
  Response response(buffer, message, query, Code::kNoError, buffer.size());
  CHECK(response.add_address(netmgr::ipv4(0xac120002), 600));
  CHECK(response.add_address(netmgr::ipv4(0xac120003), 600));
  const Message bytes(buffer.begin(), buffer.begin() + static_cast<long>(response.finish()));
  CHECK(std::equal(message.begin() + 12, message.begin() + 21, bytes.begin() + 12));
  const Parsed parsed = parse(bytes);
  CHECK(parsed.id == 7);
  CHECK(parsed.response);
  CHECK(parsed.recursion_available);
  CHECK(parsed.ttl == 600);
  CHECK(parsed.additional == 1);
  CHECK(parsed.data == std::vector<std::string>{"172.18.0.2", "172.18.0.3"});
}

TEST_CASE("Records that do not fit are left out and the response says so") {
  const Message message = make_query(7, "web");
  Query query;
  REQUIRE(read_query(message, query) == Reading::kQuery);
  std::array<uint8_t, kMaxUdpSize> buffer;
  Response response(buffer, message, query, Code::kNoError, query.udp_size);
  unsigned added = 0;
  while (response.add_address(netmgr::ipv4(added), 600)) ++added;
  const size_t size = response.finish();
  CHECK(size <= 512);
  CHECK(added == (512 - message.size()) / 16);
  const Parsed parsed = parse(Message(buffer.begin(), buffer.begin() + static_cast<long>(size)));
  CHECK(parsed.truncated);
  CHECK(parsed.answers == added);
}

TEST_CASE("An answer counts only with the query's id and question") {
  const Message query = make_query(9, "example.com");
  CHECK(answers(make_answer(query, {1, 2, 3, 4}), query));
  CHECK_FALSE(answers(query, query));
  CHECK_FALSE(answers(make_answer(make_query(10, "example.com"), {1, 2, 3, 4}), query));
  CHECK_FALSE(answers(make_answer(make_query(9, "example.org"), {1, 2, 3, 4}), query));
  CHECK_FALSE(answers(make_answer(make_query(9, "example.com", kTypeAaaa), {1, 2, 3, 4}), query));
  CHECK_FALSE(answers(Message(5, 0), query));
}

TEST_CASE("A reverse name gives its address") {
  CHECK(parse_reverse("2.0.18.172.in-addr.arpa") == netmgr::parse_address("172.18.0.2"));
  for (const char* name :
       {"", "in-addr.arpa", "0.18.172.in-addr.arpa", "1.2.0.18.172.in-addr.arpa", "256.0.18.172.in-addr.arpa",
        "x.0.18.172.in-addr.arpa", "2.0.18.172.ip6.arpa", "...."}) {
    INFO(name);
    CHECK_FALSE(parse_reverse(name));
  }
}

TEST_CASE("A reverse name of IPv6 gives its address") {
  const std::string zeros = "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.";
  CHECK(parse_reverse("2.0.0.0." + zeros + "8.1.d.f.ip6.arpa") == netmgr::parse_address("fd18::2"));
  for (const std::string& name :
       {"2.0.0.0." + zeros + "8.1.d.g.ip6.arpa", zeros + "8.1.d.f.ip6.arpa",
        "2.0.0.0." + zeros + "8.1.df0ip6.arpa", "2-0.0.0." + zeros + "8.1.d.f.ip6.arpa"}) {
    INFO(name);
    CHECK_FALSE(parse_reverse(name));
  }
}

TEST_CASE("Random and mutated messages are read without harm") {
  std::mt19937 random(20240101);
  const auto below = [&](size_t limit) { return static_cast<size_t>(random() % limit); };
  for (int round = 0; round < 5000; ++round) {
    Message message(below(200));
    for (uint8_t& byte : message) byte = static_cast<uint8_t>(random());
    exercise(message);
  }
  const std::vector<Message> seeds{make_query(1, "web"), make_query(2, "a.b.c.d.e", kTypePtr, 4096),
                                   make_query(3, std::string(63, 'x') + '.' + std::string(63, 'y')),
                                   make_answer(make_query(4, "example.com"), {1, 2, 3, 4})};
  for (int round = 0; round < 10000; ++round) {
    Message message = seeds[below(seeds.size())];
    for (size_t count = below(4) + 1; count > 0; --count) {
      message[below(message.size())] = static_cast<uint8_t>(random());
    }
    if (below(4) == 0) message.resize(below(message.size()) + 1);
    if (below(8) == 0) message.insert(message.end(), seeds[0].begin(), seeds[0].end());
    exercise(message);
  }
}
