// The client against servers that mean no good.
#include "engine/http/http_client.h"

#include "../registry/fake_server.h"

using engine::Cancellation;
using engine::HttpClient;
using engine::HttpFailure;
using engine::HttpRequest;
using engine::HttpTimeouts;

namespace {

struct Client {
  HttpTimeouts timeouts{2000, 60, 60};
  Cancellation cancellation;
  HttpClient http{timeouts, cancellation, {}};
};

}  // namespace

TEST_CASE("a document that does not come to an end in time is given up, however long a stall may last") {
  FakeServer server([](const Ask&) { return Answer{200, {"Content-Length: 100"}, "drip", -1, false, true}; });
  Client client;
  client.timeouts.document_timeout_s = 1;
  HttpRequest request;
  request.url = server.url() + "/x";
  CHECK_THROWS_AS(client.http.send(request), HttpFailure);
}

TEST_CASE("a refusal with a page of any length is known by its status") {
  FakeServer server([](const Ask&) {
    return Answer{
        503, {"Content-Length: 99999999999", "Retry-After: 3"}, std::string(1 << 20, 'x'), -1, false, true};
  });
  Client client;
  HttpRequest request;
  request.url = server.url() + "/x";
  request.body_limit = 10;
  const engine::HttpResponse response = client.http.send(request);
  CHECK(response.status == 503);
  CHECK(response.header("retry-after") == "3");
  CHECK(response.body.size() == 64 << 10);
}

TEST_CASE("a body longer than its limit, and headers without end, are refused") {
  FakeServer server([](const Ask& ask) {
    Answer answer{200, {}, std::string(20, 'x')};
    if (ask.path == "/headers") {
      for (int i = 0; i < 6000; ++i)
        answer.headers.push_back("X-" + std::to_string(i) + ": " + std::string(50, 'x'));
    }
    return answer;
  });
  Client client;
  HttpRequest request;
  request.url = server.url() + "/x";
  request.body_limit = 10;
  CHECK_THROWS_WITH(client.http.send(request), Catch::Contains("longer than 10 bytes"));
  request.url = server.url() + "/headers";
  CHECK_THROWS_WITH(client.http.send(request), Catch::Contains("headers are longer than 256 KiB"));
}

TEST_CASE("a secret body follows a redirect within its origin and no further") {
  FakeServer other([](const Ask&) { return Answer{}; });
  FakeServer server([&](const Ask& ask) {
    if (ask.path == "/near") return Answer{307, {"Location: /here"}, ""};
    if (ask.path == "/far") return Answer{308, {"Location: " + other.url() + "/there"}, ""};
    return Answer{};
  });
  Client client;
  HttpRequest request;
  request.method = "POST";
  request.body = "refresh_token=secret";
  request.secret_body = true;
  request.url = server.url() + "/near";
  CHECK(client.http.send(request).ok());
  CHECK(server.asked("POST", "/here").at(0).body == "refresh_token=secret");
  request.url = server.url() + "/far";
  CHECK_THROWS_WITH(client.http.send(request), Catch::Contains("what is sent is secret"));
  CHECK(other.asked().empty());
}
