// Where registries are, what manifests say, and for which machine.
#include "engine/http/tls_files.h"
#include "engine/http/url.h"
#include "engine/registry/backoff.h"
#include "fake_registry.h"

using engine::registry::Endpoint;
using engine::registry::fitness;
using engine::registry::parse_manifest;
using engine::registry::parse_platform;
using engine::registry::Registries;
using Kind = engine::Error::Kind;
namespace media = engine::registry::media;

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

TEST_CASE("platforms are read, made one and compared") {
  CHECK(parse_platform("linux/x86_64").to_string() == "linux/amd64");
  CHECK(parse_platform("linux/aarch64").to_string() == "linux/arm64/v8");
  CHECK(parse_platform("arm64").architecture == "arm64");
  CHECK(parse_platform("linux/arm/7").to_string() == "linux/arm/v7");
  error_of(Kind::kInvalid, [] { parse_platform("linux/a/b/c"); });
  error_of(Kind::kInvalid, [] { parse_platform("linux//v7"); });
  const auto wanted = parse_platform("linux/arm/v7");
  CHECK(fitness(wanted, {"linux", "arm", "v7"}) > fitness(wanted, {"linux", "arm", "v6"}));
  CHECK(fitness(wanted, {"linux", "arm", "v6"}) > fitness(wanted, {"linux", "arm", "v5"}));
  CHECK(fitness(parse_platform("linux/arm/v6"), {"linux", "arm", "v7"}) == 0);
  CHECK(fitness(parse_platform("linux/arm64"), {"linux", "arm64", ""}) > 0);
  CHECK(fitness(parse_platform("linux/amd64"), {"windows", "amd64", ""}) == 0);
  CHECK(fitness(parse_platform("linux/amd64"), {"unknown", "unknown", ""}) == 0);
}

TEST_CASE("a manifest that is none of an image is refused by what it is") {
  const std::string descriptor = R"({"mediaType":"application/vnd.oci.image.config.v1+json","digest":")" +
                                 digest_of("x") + R"(","size":1})";
  const auto message = [](const std::string& text, const std::string& type) {
    return error_of(Kind::kInvalid, [&] { parse_manifest(text, type, "image a"); });
  };
  CHECK(message(R"({"schemaVersion":1,"fsLayers":[]})",
                "application/vnd.docker.distribution.manifest.v1+prettyjws")
            .find("schema 1") != std::string::npos);
  CHECK(message(R"({"schemaVersion":2,"manifests":[],"layers":[]})", media::kOciIndex).find("at once") !=
        std::string::npos);
  CHECK(message(R"({"schemaVersion":2,"manifests":[]})", media::kOciManifest).find("its content") !=
        std::string::npos);
  CHECK(
      message(
          R"({"schemaVersion":2,"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":")" +
              digest_of("x") + R"(","size":1},"layers":[]})",
          media::kOciManifest)
          .find("helm") != std::string::npos);
  CHECK(message(R"({"schemaVersion":2,"config":)" + descriptor +
                    R"(,"layers":[{"mediaType":"x","digest":"sha256:1","size":1}]})",
                media::kOciManifest)
            .find("sha256:1") != std::string::npos);
  CHECK(message(R"({"schemaVersion":2,"config":)" + descriptor +
                    R"(,"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":")" +
                    digest_of("x") + R"(","size":-1}]})",
                media::kOciManifest)
            .find("out of range") != std::string::npos);
  CHECK(
      message(
          R"({"schemaVersion":2,"config":)" + descriptor +
              R"(,"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip+encrypted","digest":")" +
              digest_of("x") + R"(","size":1}]})",
          media::kOciManifest)
          .find("encrypted") != std::string::npos);
  CHECK(message("<html>", "text/html").find("not valid JSON") != std::string::npos);
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
