// dns, dns_search and dns_opt: what stands in resolv.conf, and who is asked.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "name_server.h"
#include "network_scene.h"
#include "sandbox.h"

using it::kCommon;
using it::Sandbox;

namespace {

std::string resolv_conf(Sandbox& sandbox, const std::string& service) {
  return sandbox.inside(service, {"cat", "/etc/resolv.conf"});
}

// The first address that a name resolves to.
std::string resolved(Sandbox& sandbox, const std::string& service, const std::string& name) {
  return sandbox
      .compose({"exec", "-T", service, "sh", "-c",
                "timeout 20 nslookup -type=a " + name + " | sed -n '/^Name/,$s/^Address: //p' | head -n 1"})
      .out;
}

}  // namespace

TEST_CASE("dns servers, search domains and options are in resolv.conf, behind the engine's own server") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  sandbox.compose_file(std::string(kCommon) + R"(
  lists: {<<: *common, dns: [10.1.1.1, 10.1.1.2], dns_search: [one.test, two.test], dns_opt: ["ndots:2", timeout:1]}
  words: {<<: *common, dns: 10.1.1.1, dns_search: one.test, dns_opt: [rotate]}
  bare: {<<: *common, dns_search: "."}
  host: {<<: *common, network_mode: host, dns: 10.1.1.1, dns_search: one.test}
  alone: {<<: *common, network_mode: none, dns: 10.1.1.1}
)");
  sandbox.ok({"up", "-d"});
  CHECK(resolv_conf(sandbox, "lists") ==
        "nameserver 127.0.0.11\nsearch one.test two.test\noptions ndots:2 timeout:1\n");
  CHECK(resolv_conf(sandbox, "words") == "nameserver 127.0.0.11\nsearch one.test\noptions rotate ndots:0\n");
  CHECK(resolv_conf(sandbox, "bare").find("search") == std::string::npos);
  CHECK(resolv_conf(sandbox, "host").rfind("nameserver 10.1.1.1\nsearch one.test\n", 0) == 0);
  CHECK(resolv_conf(sandbox, "alone").rfind("nameserver 10.1.1.1\n", 0) == 0);
  const auto inspected =
      nlohmann::json::parse(sandbox.ok({"container", "inspect", sandbox.project() + "-lists-1"}).out)
          .at(0)
          .at("HostConfig");
  CHECK(inspected.at("Dns") == nlohmann::json{"10.1.1.1", "10.1.1.2"});
  CHECK(inspected.at("DnsSearch") == nlohmann::json{"one.test", "two.test"});
  CHECK(inspected.at("DnsOptions") == nlohmann::json{"ndots:2", "timeout:1"});
  sandbox.finish();
}

TEST_CASE("names that are not ours go to the dns servers in order, and to the next when one is silent") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const it::NameServer first(it::kHostAddress, "10.9.9.1");
  REQUIRE(it::run({"ip", "address", "add", "198.51.100.3/24", "dev", "host0"}).code == 0);
  const it::NameServer second("198.51.100.3", "10.9.9.2");
  sandbox.compose_file(std::string(kCommon) + R"(
  in-order: {<<: *common, dns: [198.51.100.2, 198.51.100.3], dns_search: inner.test}
  other: {<<: *common, dns: 198.51.100.3}
  failing: {<<: *common, dns: [198.51.100.9, 198.51.100.3]}
)");
  sandbox.ok({"up", "-d"});
  CHECK(resolved(sandbox, "in-order", "outside.test") == "10.9.9.1\n");
  CHECK_FALSE(second.was_asked_for("outside.test"));
  CHECK(resolved(sandbox, "other", "outside.test") == "10.9.9.2\n");
  CHECK(resolved(sandbox, "failing", "behind.test") == "10.9.9.2\n");
  // Our own names are not asked of them.
  CHECK_FALSE(resolved(sandbox, "in-order", "other").empty());
  CHECK_FALSE(first.was_asked_for("other"));
  sandbox.compose({"exec", "-T", "in-order", "ping", "-c", "1", "-W", "1", "far.away.test"});
  CHECK(first.was_asked_for("far.away.test"));
  sandbox.finish();
}

TEST_CASE("a dns server is asked from where the container is, its neighbours and itself included") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  const it::NameServer host(it::kHostAddress, "10.9.9.1");
  sandbox.compose_file(std::string(kCommon) + R"(
  closed: {<<: *common, dns: 198.51.100.2, networks: [inside]}
networks:
  inside: {internal: true}
)");
  sandbox.ok({"up", "-d"});
  // From an internal network the host's address is out of reach, so what the container asks stays in.
  CHECK(resolved(sandbox, "closed", "secret.test").empty());
  CHECK_FALSE(host.was_asked_for("secret.test"));
  sandbox.finish();
}

TEST_CASE("container run takes --dns, --dns-search and --dns-option, and refuses what is no server") {
  if (!it::is_root()) return;
  Sandbox sandbox;
  CHECK(sandbox
            .ok({"container", "run", "--rm", "--dns", "10.1.1.1", "--dns-search", "one.test", "--dns-option",
                 "ndots:3", "busybox", "cat", "/etc/resolv.conf"})
            .out == "nameserver 127.0.0.11\nsearch one.test\noptions ndots:3\n");
  const auto own = sandbox.compose({"container", "run", "--rm", "--dns", "127.0.0.11", "busybox", "true"});
  CHECK(own.code == 125);
  CHECK(own.err.find("'127.0.0.11' is the engine's own") != std::string::npos);
  CHECK(sandbox.compose({"container", "run", "--rm", "--dns", "resolver", "busybox", "true"}).code == 125);
  sandbox.finish();
}
