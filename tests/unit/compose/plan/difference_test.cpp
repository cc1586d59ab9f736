#include <catch2/catch.hpp>

#include "compose/plan/planner.h"

using compose::explain_difference;

TEST_CASE("a difference names the member and both values") {
  CHECK(explain_difference(R"({"labels":{"DEBUG":"0"}})", R"({"labels":{"DEBUG":"1"}})") ==
        "labels.DEBUG '0' -> '1'");
  CHECK(explain_difference(R"({"a":1})", R"({"b":["x"]})") == "a removed (was 1), b added: [\"x\"]");
  CHECK(explain_difference(R"({"ports":[{"target":80},{"target":81}]})",
                           R"({"ports":[{"target":80},{"target":82}]})") == "ports[1].target 81 -> 82");
}

TEST_CASE("a map that came or went is told member by member") {
  CHECK(explain_difference("{}", R"({"labels":{"a":"1","b":"2"}})") ==
        "labels.a added: '1', labels.b added: '2'");
}

TEST_CASE("no value that may be a secret is told") {
  CHECK(explain_difference(R"({"environment":{"DEBUG":"0","GONE":"x"}})",
                           R"({"environment":{"DEBUG":"1","NEW":"y"}})") ==
        "environment.DEBUG '0' -> '1', environment.GONE removed (was 'x'), environment.NEW added: 'y'");
  CHECK(explain_difference(R"({"environment":{"AT":"http://db:3306/x","ID":"a1b2c3d4e5f6"}})",
                           R"({"environment":{"AT":"http://me:hunter2@db/x","ID":"b1b2c3d4e5f6"}})") ==
        "environment.AT changed, environment.ID changed");
  CHECK(explain_difference(R"({"environment":{"SALT":"abcdefghijklmnopqrstuvwxyz"}})",
                           R"({"environment":{"SALT":"none at all"}})") == "environment.SALT changed");
  CHECK(explain_difference(R"({"command":["mysqld","--password=hunter1"]})",
                           R"({"command":["mysqld","--password=hunter2"]})") == "command changed");
  CHECK(explain_difference("{}", R"({"labels":{"db":"mysql://root:hunter2@db:3306/x"}})") ==
        "labels.db added");
  CHECK(explain_difference(R"({"labels":{"at":"http://db:3306/x"}})", "{}") ==
        "labels.at removed (was 'http://db:3306/x')");
  CHECK(explain_difference(R"({"labels":{"api_token":"t"}})", R"({"labels":{"api_token":"u"}})") ==
        "labels.api_token changed");
  const std::string text = explain_difference(R"({"environment":{"DB_PASSWORD":"hunter1","API_TOKEN":"t"}})",
                                              R"({"environment":{"DB_PASSWORD":"hunter2"}})");
  CHECK(text == "environment.API_TOKEN removed, environment.DB_PASSWORD changed");
}

TEST_CASE("many and long differences are cut short") {
  CHECK(explain_difference("{}", R"({"a":1,"b":1,"c":1,"d":1,"e":1,"f":1})") ==
        "a added: 1, b added: 1, c added: 1, d added: 1 and 2 more");
  CHECK(explain_difference("{}", "{\"a\":\"" + std::string(100, 'x') + "\"}").size() < 80);
}

TEST_CASE("a description that cannot be read explains nothing") {
  CHECK(explain_difference("", "{}").empty());
  CHECK(explain_difference("[1]", "{}").empty());
  CHECK(explain_difference("{", "{}").empty());
}
