#include <catch2/catch.hpp>

#include "parser/names.h"
#include "parser/port_syntax.h"
#include "parser/shell_words.h"
#include "parser/units.h"

using namespace parser;
using namespace std::chrono_literals;

TEST_CASE("durations: sums of numbers with units, printed the way Go does") {
  CHECK(parse_duration("1m30s") == 90s);
  CHECK(parse_duration("1.5h") == 90min);
  CHECK(parse_duration("500ms") == 500ms);
  CHECK(parse_duration("2d") == 48h);
  CHECK(parse_duration("0") == 0s);
  CHECK(format_duration(90s) == "1m30s");
  CHECK(format_duration(1h) == "1h0m0s");
  CHECK(format_duration(1500ms) == "1.5s");
  CHECK(format_duration(20ms) == "20ms");
  for (const char* bad : {"", "s", "-1s", "1x", "1s 2s", "infs", "1e3s", "99999999999h"})
    CHECK_THROWS_AS(parse_duration(bad), ValueError);
}

TEST_CASE("durations: a number without a unit is told so") {
  try {
    parse_duration("30");
    FAIL("taken");
  } catch (const ValueError& error) {
    CHECK(error.hint() == "did you mean '30s'?");
  }
}

TEST_CASE("sizes: units of 1024 in any case") {
  CHECK(parse_bytes("100") == 100);
  CHECK(parse_bytes("1k") == 1024);
  CHECK(parse_bytes("64KiB") == 65536);
  CHECK(parse_bytes("1.5gb") == 1610612736);
  CHECK(parse_bytes("512 M") == 536870912);
  for (const char* bad : {"", "m", "-1m", "1x", "1mm", "1bb", "nan", "1e30"})
    CHECK_THROWS_AS(parse_bytes(bad), ValueError);
}

TEST_CASE("shell words: quotes and backslashes as a shell reads them, nothing else") {
  using Words = std::vector<std::string>;
  CHECK(split_shell_words(" a  b\tc\n") == Words{"a", "b", "c"});
  CHECK(split_shell_words("sh -c 'echo \"$X\" | cat'") == Words{"sh", "-c", "echo \"$X\" | cat"});
  CHECK(split_shell_words(R"(a"b c"d '' "x\"y\n" e\ f)") == Words{"ab cd", "", "x\"y\\n", "e f"});
  CHECK(split_shell_words("").empty());
  CHECK_THROWS_AS(split_shell_words("a 'b"), ValueError);
  CHECK_THROWS_AS(split_shell_words("a \"b"), ValueError);
  CHECK_THROWS_AS(split_shell_words("a\\"), ValueError);
}

TEST_CASE("ports: the short form in all its shapes") {
  const auto one = [](const std::string& text) {
    const auto forms = parse_port(text);
    REQUIRE(forms.size() == 1);
    return forms[0];
  };
  CHECK(one("80").published.first == 0);
  CHECK(one("8080:80/UDP").protocol == "udp");
  CHECK(one("127.0.0.1:8080:80").host_ip == "127.0.0.1");
  CHECK(one("[::1]:8080:80").host_ip == "::1");
  CHECK(one("0:80").published.first == 0);
  CHECK(one("127.0.0.1::80").published.first == 0);
  CHECK(one(":80").published.first == 0);
  CHECK(one("8080-8090:80").published.last == 8090);
  const auto pairs = parse_port("3000-3001:13000-13001");
  REQUIRE(pairs.size() == 2);
  CHECK(pairs[1].target == 13001);
  CHECK(pairs[1].published.first == 3001);
  CHECK(parse_port("1-3").size() == 3);
  for (const char* bad : {"", ":", "a", "0", "65536", "80:", "1:2:3:4", "x:80:80", "5-4", "1-2:3-5",
                          "80/icmp", "[::x]:80:80", "::1:"})
    CHECK_THROWS_AS(parse_port(bad), ValueError);
}

TEST_CASE("names: capabilities, signals, projects") {
  CHECK(normal_capability("cap_net_admin") == "NET_ADMIN");
  CHECK(normal_capability("all") == "ALL");
  CHECK_THROWS_AS(normal_capability("ROOT"), ValueError);
  for (const char* good : {"SIGTERM", "term", "15", "SIGRTMIN+3", "SIGRTMAX-1"})
    CHECK_NOTHROW(check_signal(good));
  for (const char* bad : {"SIGNOPE", "0", "999", "", "SIGRTMIN+99"})
    CHECK_THROWS_AS(check_signal(bad), ValueError);
  CHECK(derive_project_name("_My App.2") == "myapp2");
  CHECK(derive_project_name("数据").empty());
  CHECK_NOTHROW(check_project_name("a-b_1"));
  CHECK_THROWS_AS(check_project_name("-a"), ValueError);
}

TEST_CASE("names: platforms, MAC addresses, hosts, interfaces") {
  for (const char* good : {"linux/amd64", "linux/arm/v7", "windows/amd64", "linux", "arm64", "linux/x86_64"})
    CHECK_NOTHROW(check_platform(good));
  for (const char* bad : {"", "linux/", "/amd64", "linux/amd64/", "linux/arm/v 7", "toaster"})
    CHECK_THROWS_AS(check_platform(bad), ValueError);
  CHECK(normal_mac_address("02-42-AC-11-00-03") == "02:42:ac:11:00:03");
  for (const char* bad : {"", "02:42:ac:11:00", "02:42-ac:11:00:03", "02:42:ac:11:00:0g"})
    CHECK_THROWS_AS(normal_mac_address(bad), ValueError);
  for (const char* good : {"web", "my_db.example", "0a", "\u6570"})
    CHECK_NOTHROW(check_host_name("host", good));
  for (const char* bad : {"-a", "a b", "a/b", "a:b"})
    CHECK_THROWS_AS(check_host_name("host", bad), ValueError);
  CHECK_NOTHROW(check_interface_name("eth0"));
  for (const char* bad : {"", ".", "a/b", "a b", "sixteen-letters-"})
    CHECK_THROWS_AS(check_interface_name(bad), ValueError);
}
