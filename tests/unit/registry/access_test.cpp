// Who we are to a registry, and to whom we say so.
#include "engine/registry/challenge.h"
#include "engine/registry/docker_config.h"
#include "engine/registry/login.h"
#include "fake_registry.h"

using Kind = engine::Error::Kind;
using engine::registry::Credential;
using engine::registry::DockerConfig;

namespace {

const std::string kBasic = "Basic " + engine::base64("me:secret");

void keep(const std::string& server, const Credential& credential) {
  DockerConfig(engine::registry::docker_config_path()).store(server, credential);
}

// Tokens for who gives the password, or anonymously.
struct TokenServer {
  std::string life = "300";
  bool anonymous = false;
  std::string field = "token";
  FakeServer server{[this](const Ask& ask) -> Answer {
    const bool known = ask.header("authorization") == kBasic ||
                       ask.body.find("refresh_token=identity") != std::string::npos || anonymous;
    if (!known) return {401, {}, ""};
    return {200, {}, "{\"" + field + "\":\"t" + std::to_string(++given) + "\",\"expires_in\":" + life + "}"};
  }};
  int given = 0;
  std::string challenge() const {
    return "WWW-Authenticate: Bearer realm=\"" + server.url() + "/token\",service=\"reg, istry\"";
  }
};

}  // namespace

TEST_CASE("a registry that wants a token gets one for the repository, once") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry;
  TokenServer tokens;
  tokens.field = GENERATE("token", "access_token");
  registry.add_image("a/b", "1", {TarMaker().file("f", "x").bytes()});
  registry.instead = [&](const Ask& ask) -> std::optional<Answer> {
    if (ask.header("authorization") == "Bearer t1") return std::nullopt;
    return Answer{401, {tokens.challenge()}, ""};
  };
  SECTION("with the password") {
    keep(registry.server.host(), {"me", "secret", ""});
  }
  SECTION("with an identity token") {
    keep(registry.server.host(), {"", "", "identity"});
  }
  SECTION("as nobody") {
    tokens.anonymous = true;
  }
  place.pull(registry.reference("a/b:1"));
  CHECK(tokens.given == 1);
  const Ask asked = tokens.server.asked().at(0);
  const std::string said = asked.query + asked.body;
  CHECK(said.find("service=reg%2C%20istry") != std::string::npos);
  CHECK(said.find("scope=repository%3Aa%2Fb%3Apull") != std::string::npos);
}

TEST_CASE("a token that the registry takes no more is renewed") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry;
  TokenServer tokens;
  tokens.anonymous = true;
  registry.add_image("a", "1", {TarMaker().file("f", "x").bytes()});
  registry.instead = [&](const Ask& ask) -> std::optional<Answer> {
    const bool blob = ask.path.find("/blobs/") != std::string::npos;
    if (ask.header("authorization") == (blob ? "Bearer t2" : "Bearer t1")) return std::nullopt;
    return Answer{401, {tokens.challenge()}, ""};
  };
  place.pull(registry.reference("a:1"));
  CHECK(tokens.given == 2);
}

TEST_CASE("a token that ends while layers are sent is renewed, where /v2/ asks for none too") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry;
  TokenServer tokens;
  tokens.anonymous = true;
  const std::string name = registry.reference("a:1");
  place.store.images.tag(place.store.image({place.store.layer("f", "x").diff_id}), name);
  registry.instead = [&](const Ask& ask) -> std::optional<Answer> {
    const bool late =
        ask.method == "PATCH" || ask.method == "PUT" || ask.path.find("/manifests/") != std::string::npos;
    const std::string said = ask.header("authorization");
    if (ask.path == "/v2/" || (late ? said == "Bearer t2" : !said.empty())) return std::nullopt;
    return Answer{401, {tokens.challenge()}, ""};
  };
  place.push(name);
  CHECK(tokens.given == 2);
  CHECK(registry.manifests.count("a:1") == 1);
}

TEST_CASE("a refused login says so and names the way out") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry;
  TokenServer tokens;
  registry.instead = [&](const Ask&) -> std::optional<Answer> {
    return Answer{401, {tokens.challenge()}, ""};
  };
  const auto message = [&] {
    return error_of(Kind::kDenied, [&] { place.pull(registry.reference("a:1")); });
  };
  CHECK(message().find("compose login " + registry.server.host()) != std::string::npos);
  keep(registry.server.host(), {"me", "wrong", ""});
  CHECK(message().find("refused the user name or password") != std::string::npos);
}

TEST_CASE("a redirect to another host carries no credentials along") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry;
  keep(registry.server.host(), {"me", "secret", ""});
  registry.add_image("a", "1", {TarMaker().file("f", "x").bytes()});
  const std::string blob = registry.last_manifest.layers[0].digest;
  const std::string bytes = registry.blobs[blob];
  FakeServer storage([&](const Ask&) { return Answer{200, {}, bytes}; });
  registry.instead = [&](const Ask& ask) -> std::optional<Answer> {
    if (ask.header("authorization") != kBasic)
      return Answer{401, {"WWW-Authenticate: Basic realm=\"x\""}, ""};
    if (ask.path.find(blob) != std::string::npos)
      return Answer{307, {"Location: " + storage.url() + "/storage?signature=1"}, ""};
    return std::nullopt;
  };
  place.pull(registry.reference("a:1"));
  const std::vector<Ask> asked = storage.asked("GET", "/storage");
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].header("authorization").empty());
  CHECK(asked[0].query == "signature=1");
  CHECK(place.file_of(registry.reference("a:1"), "f") == "x");
}

TEST_CASE("a storage that wants a login of its own gets none") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry;
  keep(registry.server.host(), {"me", "secret", ""});
  registry.add_image("a", "1", {TarMaker().file("f", "x").bytes()});
  const std::string blob = registry.last_manifest.layers[0].digest;
  FakeServer thief([&](const Ask&) { return Answer{401, {"WWW-Authenticate: Basic realm=\"yours\""}, ""}; });
  registry.instead = [&](const Ask& ask) -> std::optional<Answer> {
    if (ask.path.find(blob) != std::string::npos) return Answer{302, {"Location: " + thief.url() + "/x"}, ""};
    return std::nullopt;
  };
  error_of(Kind::kDenied, [&] { place.pull(registry.reference("a:1")); });
  for (const Ask& ask : thief.asked()) CHECK(ask.header("authorization").empty());
}

TEST_CASE("redirects without end and to other schemes are refused") {
  ROOT_ONLY();
  Place place;
  FakeRegistry registry;
  std::string location = registry.server.url() + "/v2/a/manifests/1";
  registry.instead = [&](const Ask& ask) -> std::optional<Answer> {
    if (ask.path == "/v2/") return std::nullopt;
    return Answer{302, {"Location: " + location}, ""};
  };
  const auto message = [&] {
    return error_of(Kind::kInvalid, [&] { place.pull(registry.reference("a:1")); });
  };
  CHECK(message().find("redirected more than 10 times") != std::string::npos);
  location = "file:///etc/passwd";
  CHECK(message().find("not a usable http(s) URL") != std::string::npos);
}

TEST_CASE("login tries the password and keeps it, logout forgets it") {
  const Place place;
  FakeRegistry registry;
  registry.instead = [&](const Ask& ask) -> std::optional<Answer> {
    if (ask.header("authorization") == kBasic) return std::nullopt;
    return Answer{401, {"WWW-Authenticate: Basic realm=\"x\""}, ""};
  };
  const std::string file = engine::registry::docker_config_path();
  sys::make_dirs(place.scratch / "docker");
  sys::write_file_atomic(file, R"({"HttpHeaders":{"X":"y"},"auths":{"other":{"auth":"YTpi"}}})");
  CHECK(error_of(Kind::kDenied, [&] {
          engine::login({registry.server.host(), "me", "wrong"});
        }).find("the user name or password is wrong") != std::string::npos);
  const engine::LoginResult result = engine::login({registry.server.host(), "me", "secret"});
  CHECK(result.warning.find("unencrypted") != std::string::npos);
  CHECK(engine::login_user(registry.server.host()) == "me");
  CHECK((stat_of(file).st_mode & 0777) == 0600);
  const nlohmann::json config = nlohmann::json::parse(sys::read_file(file));
  CHECK(config["HttpHeaders"]["X"] == "y");
  CHECK(config["auths"]["other"]["auth"] == "YTpi");
  CHECK(engine::logout(registry.server.host()));
  CHECK_FALSE(engine::logout(registry.server.host()));
  CHECK(engine::login_user(registry.server.host()).empty());
  CHECK(engine::login_server("") == "https://index.docker.io/v1/");
  CHECK(engine::login_server("https://host:5000/v2/") == "host:5000");
}

TEST_CASE("a damaged config.json is told and not overwritten") {
  const Place place;
  const std::string file = engine::registry::docker_config_path();
  sys::make_dirs(place.scratch / "docker");
  sys::write_file_atomic(file, "{\"auths\": ");
  CHECK(error_of(Kind::kInvalid, [&] {
          DockerConfig(file).store("host", {"a", "b", ""});
        }).find(file) != std::string::npos);
  CHECK(sys::read_file(file) == "{\"auths\": ");
  error_of(Kind::kInvalid, [&] { engine::login({"127.0.0.1:1", "a", "b"}); });
}

TEST_CASE("a credential helper is asked, and its failure named") {
  const Place place;
  sys::make_dirs(place.scratch / "docker");
  const std::string file = engine::registry::docker_config_path(),
                    helper = place.scratch / "docker-credential-test";
  sys::write_file_atomic(file, R"({"credHelpers":{"host:1":"test"},"credsStore":"missing"})");
  sys::write_file_atomic(
      helper,
      "#!/bin/sh\ncase $1 in\n"
      "get) read -r s; [ -f \"$0.kept\" ] || { echo 'credentials not found in native keychain'; exit 1; }\n"
      "  printf '{\"ServerURL\":\"%s\",\"Username\":\"<token>\",\"Secret\":\"id\"}' \"$s\" ;;\n"
      "store) cat >\"$0.kept\" ;;\n"
      "erase) rm \"$0.kept\" ;;\nesac\n",
      0755);
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", (place.scratch.path() + ':' + path).c_str(), 1);
  const DockerConfig config(file);
  CHECK_FALSE(config.find("host:1"));
  CHECK(config.store("host:1", {"", "", "id"}));
  CHECK(config.find("host:1")->identity_token == "id");
  CHECK(sys::read_file(helper + ".kept").find("\"ServerURL\":\"host:1\"") != std::string::npos);
  CHECK(sys::read_file(file).find("\"id\"") == std::string::npos);
  CHECK(config.erase("host:1"));
  CHECK(error_of(Kind::kUnavailable, [&] {
          static_cast<void>(config.find("host:2"));
        }).find("docker-credential-missing") != std::string::npos);
  ::setenv("PATH", path.c_str(), 1);
}

TEST_CASE("challenges are read in every form") {
  const auto list = engine::registry::parse_challenges(
      R"(Negotiate, Bearer realm="https://a/t?x=1,2" , service=reg,error="a\"b", Basic realm="r")");
  REQUIRE(list.size() == 3);
  CHECK(list[1].scheme == "bearer");
  CHECK(list[1].parameters.at("realm") == "https://a/t?x=1,2");
  CHECK(list[1].parameters.at("service") == "reg");
  CHECK(list[1].parameters.at("error") == "a\"b");
  CHECK(list[2].scheme == "basic");
  CHECK(engine::registry::parse_challenges("=,=\"").empty());
  CHECK(engine::registry::parse_challenges("Bearer realm=\"never ends").size() == 1);
}

TEST_CASE("base64 goes both ways") {
  const std::vector<std::string> texts = {"", "a", "ab", "abc", "abcd", std::string("\0\xff\x80", 3)};
  for (const std::string& text : texts) CHECK(*engine::from_base64(engine::base64(text)) == text);
  CHECK(engine::base64("me:secret") == "bWU6c2VjcmV0");
  CHECK_FALSE(engine::from_base64("a=b="));
  CHECK_FALSE(engine::from_base64("abc"));
}
