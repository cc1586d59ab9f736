#include "netmgr/lb/router.h"

#include <catch2/catch.hpp>

using namespace netmgr::lb;

namespace {

// As dockercloud/haproxy's manual has it: host and path of one virtual host, for "host/path".
bool holds(const std::string& host, const std::string& path, const std::string& asked) {
  const size_t slash = asked.find('/');
  const std::string target = slash == std::string::npos ? "/" : asked.substr(slash);
  return matches(host, host_of(asked.substr(0, slash))) && matches(path, path_of(target));
}

}  // namespace

TEST_CASE("wildcards hold for what dockercloud/haproxy's manual says") {
  CHECK(holds("example.com", "*", "example.com"));
  CHECK_FALSE(holds("example.com", "*", "www.example.com"));
  CHECK(holds("*.example.com", "*", "www.example.com"));
  CHECK_FALSE(holds("*.example.com", "*", "example.com"));
  CHECK(holds("*example.com", "*", "anotherexample.com"));
  CHECK(holds("*example.com", "*", "example.com"));
  CHECK_FALSE(holds("*example.com", "*", "www.abc.com"));
  CHECK(holds("www.e*e.com", "*", "www.exxe.com"));
  CHECK_FALSE(holds("www.e*e.com", "*", "www.axxa.com"));
  CHECK(holds("www.example.*", "*", "www.example.org"));
  CHECK(holds("*", "/path", "example.org/path?u=user"));
  CHECK_FALSE(holds("*", "/path", "example.com/path/"));
  CHECK(holds("*", "/path/", "example.org/path/?u=user"));
  CHECK_FALSE(holds("*", "/path/", "example.com/path/abc"));
  CHECK(holds("*", "/path/*", "example.com/path/"));
  CHECK_FALSE(holds("*", "/path/*", "example.com/abc/path/"));
  CHECK(holds("*", "*/path/*", "example.net/abc/path/123"));
  CHECK(holds("*", "*/path/*", "example.com/path/"));
  CHECK_FALSE(holds("*", "*/path/*", "example.com/path"));
  CHECK(holds("*", "/*.js", "example.org/path/abc.js"));
  CHECK_FALSE(holds("*", "/*.js", "example.com/abc.css"));
  CHECK(holds("*", "/*.do/", "example.org/path/abc.do/"));
  CHECK_FALSE(holds("*", "/path/*.php", "example.com/root/abc.php"));
  CHECK(holds("*.example.com", "/*.jpg", "abc.example.com/123.jpg"));
}

TEST_CASE("many wildcards take no longer than a few") {
  const std::string pattern = "*a*a*a*a*a*a*a*a*a*a*a*a*b";
  CHECK_FALSE(matches(pattern, std::string(4000, 'a')));
}

TEST_CASE("the path is what stands between host and query") {
  CHECK(path_of("/a/b?c=/d#e") == "/a/b");
  CHECK(path_of("http://a.com/b?c") == "/b");
  CHECK(path_of("http://a.com") == "/");
  CHECK(path_of("http://a.com?b=/c") == "/");
  CHECK(path_of("*") == "*");
  CHECK(host_of("a.com:80") == "a.com");
  CHECK(host_of("[::1]:80") == "[::1]");
  CHECK(host_of("[::1]") == "[::1]");
}
