#include "netmgr/lb/http_head.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "netmgr/lb/http_rewrite.h"

using namespace netmgr::lb;

TEST_CASE("a request's head is read with what routing and framing need") {
  const std::string bytes =
      "POST /a?b=c HTTP/1.1\r\nHost: example.com:8080\r\nContent-Length: 12\r\nExpect: 100-continue\r\n"
      "Connection: close\r\n\r\n";
  Head head;
  REQUIRE(parse_request(bytes, head));
  CHECK(head.method == "POST");
  CHECK(head.target == "/a?b=c");
  CHECK(head.host == "example.com:8080");
  CHECK(head.framing == Framing::kLength);
  CHECK(head.length == 12);
  CHECK(head.expect_continue);
  CHECK_FALSE(head.keep_alive);
}

TEST_CASE("requests that two servers may read differently are refused") {
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\n";
  const std::vector<std::string> bad = {
      start + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
      start + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n",
      start + "Content-Length: 3\r\nContent-Length: 3\r\n\r\n",
      start + "Content-Length: 3, 3\r\n\r\n",
      start + "Content-Length: +3\r\n\r\n",
      start + "Content-Length: 0x3\r\n\r\n",
      start + "Content-Length: -1\r\n\r\n",
      start + "Content-Length: 99999999999999999999999\r\n\r\n",
      start + "Content-Length:\r\n\r\n",
      start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
      start + "Transfer-Encoding: gzip, chunked\r\n\r\n",
      start + "Transfer-Encoding: identity\r\n\r\n",
      start + "Transfer-Encoding: chunked, identity\r\n\r\n",
      start + "Transfer-Encoding: xchunked\r\n\r\n",
      start + "Transfer-Encoding : chunked\r\n\r\n",
      start + "Transfer-Encoding\r\n : chunked\r\n\r\n",
      start +
          "Transfer-Encoding: \x0b"
          "chunked\r\n\r\n",
      start + "X: a\r\n b\r\n\r\n",
      start + "X: a\nContent-Length: 3\r\n\r\n",
      start + "X: a\rContent-Length: 3\r\n\r\n",
      start + "X Y: a\r\n\r\n",
      start + ": a\r\n\r\n",
      start + "Host: b\r\n\r\n",
      "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
      "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET a HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /\r\n\r\n",
      "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
      "GET / HTTP/1.1 x\r\nHost: a\r\n\r\n",
      "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n",
      "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
      "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / RTSP/1.0\r\nHost: a\r\n\r\n",
      " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "PRI / HTTP/1.0\r\n\r\n",
  };
  for (const std::string& bytes : bad) {
    Head head;
    INFO(bytes);
    CHECK_FALSE(parse_request(bytes, head));
    CHECK(head.error != nullptr);
  }
}

TEST_CASE("more fields than there is room for are refused as such") {
  std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 100; ++i) bytes += "X-" + std::to_string(i) + ": 1\r\n";
  Head head;
  CHECK_FALSE(parse_request(bytes + "\r\n", head));
  CHECK(head.error_status == 431);
}

TEST_CASE("a head goes on without what was meant for the balancer") {
  const std::string bytes =
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Mine, Host\r\nX-Mine: 1\r\nAccept: */*\r\n"
      "TE: trailers\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n";
  Head head;
  REQUIRE(parse_request(bytes, head));
  std::string out;
  RequestEdit edit;
  edit.client = "10.0.0.9";
  edit.port = "80";
  rewrite_request(bytes, head, edit, out);
  CHECK(out ==
        "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nX-Forwarded-For: 1.2.3.4\r\n"
        "X-Forwarded-For: 10.0.0.9\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Port: 80\r\n\r\n");
}

TEST_CASE("the end of a head is found when it comes in pieces") {
  const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n\r\nmore";
  size_t from = 0;
  for (size_t size = 0; size < 27; ++size) REQUIRE(head_size(bytes.substr(0, size), from) == 0);
  CHECK(head_size(bytes, from) == 27);
}

TEST_CASE("answers whose first line is not one are refused") {
  for (const std::string line :
       {"", "HTTP/1.0 2", "HTTP/1.1  200 OK", "HTTP/1.1 20", "HTTP/1.1 2000", "RTSP/1.0 200 OK"}) {
    Head head;
    INFO(line);
    CHECK_FALSE(parse_answer((line.empty() ? "\r\nHTTP/1.1 200 OK" : line) + "\r\nA: b\r\n\r\n", head));
  }
  Head head;
  CHECK(parse_answer("HTTP/1.1 200\r\n\r\n", head));
}
