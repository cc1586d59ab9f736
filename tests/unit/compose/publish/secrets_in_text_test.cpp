#include "compose/publish/secrets_in_text.h"

#include <catch2/catch.hpp>

namespace {

std::string kinds(const std::string& text) {
  std::string all;
  for (const auto& secret : compose::secrets_in(text))
    all += std::to_string(secret.line) + ' ' + secret.kind + ' ' + secret.shown + '\n';
  return all;
}

}  // namespace

TEST_CASE(
    "secrets in text: keys and tokens of known forms are found, with their line and only their beginning") {
  CHECK(kinds("a\nAWS_ACCESS_KEY_ID=A3TX1234567890ABCDEF\n") == "2 AWS client id A3TX1234...\n");
  CHECK(kinds("k: aws\"12345+67890/abcdefghijklm+NOPQRSTUVWXYZ+\"").find("1 AWS secret key") == 0);
  CHECK(kinds("GITHUB_TOKEN=ghp_1234567890abcdefghijklmnopqrstuvwxyz") == "1 GitHub token ghp_1234...\n");
  CHECK(kinds("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4") ==
        "1 JSON web token eyJhbGci...\n");
  CHECK(kinds("\n\n-----BEGIN DSA PRIVATE KEY-----\nx\n") == "3 private key -----BEG...\n");
  CHECK(kinds("URL: postgres://app:hunter2@db/x") == "1 URL with a password postgres...\n");
  CHECK(kinds("image: nginx:1.25\nurl: https://example.com:80/x@y\nurl: postgres://app:${PASSWORD}@db/\n")
            .empty());
  CHECK(kinds(std::string(1 << 20, 'A') + "\nAKIA1234567890ABCDEF").find("2 AWS") == 0);
}

TEST_CASE("secrets in text: a variable is told by its name, a literal by not being made of variables") {
  for (const char* name : {"DB_PASSWORD", "apiKey", "API-KEY", "GITHUB_TOKEN", "client_secret", "Passwd"})
    CHECK(compose::is_secret_name(name));
  for (const char* name : {"PATH", "KEYBOARD", "USER", "PASS_THROUGH"})
    CHECK_FALSE(compose::is_secret_name(name));
  for (const char* value : {"hunter2", "a${B}c", "$$ecret"}) CHECK(compose::is_literal(value));
  for (const char* value : {"${PASSWORD}", "$PASSWORD", "key=${SECRET}", "", "ab"})
    CHECK_FALSE(compose::is_literal(value));
}
