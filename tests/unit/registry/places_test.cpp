// Where registries are, and when they are asked again.
#include "engine/http/tls_files.h"
#include "engine/http/url.h"
#include "engine/registry/backoff.h"
#include "fake_registry.h"

using engine::registry::Endpoint;
using engine::registry::Registries;
using Kind = engine::Error::Kind;

TEST_CASE("Docker's daemon.json and our own file say which registries are insecure and mirrored") {
  const Scratch scratch;
  sys::write_file_atomic(
      scratch / "daemon.json",
      R"({"insecure-registries":["lan:5000","10.0.0.0/8"],"registry-mirrors":["https://m.lan/"],"x":1})");
  sys::write_file_atomic(scratch / "own.json",
                         R"({"registries":{"own.lan":{"insecure":true,"mirrors":["http://o.lan:1"]}}})");
  const Registries registries = Registries::read(scratch / "own.json", scratch / "daemon.json");
  CHECK(registries.itself("lan:5000").insecure);
  CHECK(registries.itself("10.1.2.3:5000").insecure);
  CHECK_FALSE(registries.itself("11.1.2.3:5000").insecure);
  CHECK(registries.itself("127.0.0.9").guess_scheme);
  CHECK(registries.itself("localhost:5000").guess_scheme);
  CHECK(registries.itself("[::1]:5000").guess_scheme);
  const std::vector<Endpoint> hub = registries.for_pull("docker.io");
  REQUIRE(hub.size() == 2);
  CHECK(hub[0].url == "https://m.lan");
  CHECK(hub[0].credential_key == "m.lan");
  CHECK(hub[1].url == "https://registry-1.docker.io");
  CHECK(hub[1].credential_key == "https://index.docker.io/v1/");
  CHECK_FALSE(hub[1].insecure);
  CHECK(registries.for_pull("own.lan")[0].insecure);
}

TEST_CASE("a network of insecure registries is of either family, and what is none is refused") {
  const Scratch scratch;
  const auto read = [&](const std::string& entry) {
    sys::write_file_atomic(scratch / "daemon.json", R"({"insecure-registries":[")" + entry + "\"]}");
    return Registries::read(scratch / "none", scratch / "daemon.json");
  };
  CHECK(read("fd00:1::/32").itself("[fd00:1:2::3]:5000").insecure);
  CHECK_FALSE(read("fd00:1::/32").itself("[fd00:2::3]:5000").insecure);
  CHECK(read("10.1.0.0/17").itself("10.1.127.1").insecure);
  CHECK_FALSE(read("10.1.0.0/17").itself("10.1.128.1").insecure);
  for (const char* wrong : {"10.0.0.0/", "10.0.0.0/x", "10.0.0.0/33", "10.0.0/8", "lan/8", "10.0.0.0/-1"}) {
    INFO(wrong);
    CHECK(error_of(Kind::kInvalid, [&] { read(wrong); }).find(wrong) != std::string::npos);
  }
}

TEST_CASE("what does not belong into the file of registries is refused by name") {
  const Scratch scratch;
  const auto message = [&](const std::string& text) {
    sys::write_file_atomic(scratch / "own.json", text);
    return error_of(Kind::kInvalid, [&] { Registries::read(scratch / "own.json", scratch / "none"); });
  };
  CHECK(message(R"({"registry":{}})").find("registry:") != std::string::npos);
  CHECK(message(R"({"registries":{"a":{"insecur":true}}})").find("a.insecur") != std::string::npos);
  CHECK(message(R"({"registries":{"a":{"mirrors":["ftp://x"]}}})").find("ftp://x") != std::string::npos);
  CHECK(message("[]").find("own.json") != std::string::npos);
}

TEST_CASE("pauses are read from both forms of Retry-After") {
  using engine::registry::retry_after_s;
  CHECK(retry_after_s("7", 0) == 7);
  CHECK(retry_after_s("Thu, 01 Jan 1970 00:01:00 GMT", 20) == 40);
  CHECK_FALSE(retry_after_s("Thu, 01 Jan 1970 00:00:10 GMT", 20));
  CHECK_FALSE(retry_after_s("soon", 0));
  CHECK(*retry_after_s("99999999999999999999", 0) > 100);
}

TEST_CASE("a registry's certificates are those of its folder") {
  const Scratch scratch;
  const std::string folder = scratch.folder("certs/host:5000");
  sys::write_file_atomic(folder + "/ca.crt", "A");
  sys::write_file_atomic(folder + "/b.crt", "B");
  sys::write_file_atomic(folder + "/client.cert", "C");
  error_of(Kind::kInvalid, [&] { engine::tls_files({scratch / "certs"}, "host:5000"); });
  sys::write_file_atomic(folder + "/client.key", "K");
  const auto files = engine::tls_files({scratch / "none", scratch / "certs"}, "host:5000");
  CHECK(files.authorities == "B\nA\n");
  CHECK(files.certificate == folder + "/client.cert");
  CHECK(files.key == folder + "/client.key");
  CHECK(engine::tls_files({scratch / "certs"}, "other").authorities.empty());
}

TEST_CASE("URLs are resolved and their origins compared") {
  using engine::parse_url;
  using engine::resolve_url;
  const auto base = parse_url("https://Host/v2/a?x=1", "test");
  CHECK(base.origin() == "https://host:443");
  CHECK(resolve_url(base, "/other", "test").text == "https://Host/other");
  CHECK(resolve_url(base, "//evil/x", "test").origin() == "https://evil:443");
  error_of(Kind::kInvalid, [] { parse_url("https://user:pass@host/", "test"); });
  error_of(Kind::kInvalid, [] { parse_url("gopher://host/", "test"); });
  CHECK(engine::with_query("http://h/?a=1", "b", "x y&z") == "http://h/?a=1&b=x%20y%26z");
}
