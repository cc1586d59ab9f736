#include <catch2/catch.hpp>

#include "load_fixture.h"
#include "parser/diagnostic.h"

using parser::Diagnostic;
using parser::Severity;

TEST_CASE("diagnostic: a did-you-mean reads on from the message, other advice is a clause of its own") {
  Diagnostic diagnostic{Severity::kError,        {"docker-compose.yml", 4, 9},
                        "services.db",           "unknown attribute 'Image'",
                        "did you mean 'image'?", ""};
  CHECK(diagnostic.to_string() ==
        "docker-compose.yml:4:9: services.db: unknown attribute 'Image', did you mean 'image'?");
  diagnostic.hint = "write it so";
  CHECK(diagnostic.to_string() ==
        "docker-compose.yml:4:9: services.db: unknown attribute 'Image'; write it so");
  diagnostic.severity = Severity::kWarning;
  diagnostic.hint.clear();
  CHECK(diagnostic.to_string() == "docker-compose.yml:4:9: warning: services.db: unknown attribute 'Image'");
}

TEST_CASE("diagnostic: line 0 means the file as a whole, no file nothing at all") {
  CHECK(Diagnostic{Severity::kError, {"a.yml", 0, 0}, "", "no such file", "", ""}.to_string() ==
        "a.yml: no such file");
  CHECK(Diagnostic{Severity::kError, {}, "", "no file", "", ""}.to_string() == "no file");
}

TEST_CASE("diagnostic: the caret stands under the column, tabs and wide characters counted as shown") {
  const Diagnostic plain{Severity::kError, {"f", 1, 3}, "", "m", "", "a: b"};
  CHECK(plain.to_string_with_caret() == "f:1:3: m\n    a: b\n      ^");
  const Diagnostic tab{Severity::kError, {"f", 1, 2}, "", "m", "", "\tb"};
  CHECK(tab.to_string_with_caret() == "f:1:2: m\n    \tb\n    \t^");
  const Diagnostic wide{Severity::kError, {"f", 1, 3}, "", "m", "", "数据x"};
  CHECK(wide.to_string_with_caret() == "f:1:3: m\n    数据x\n        ^");
}

TEST_CASE("diagnostic: errors of a load carry their source line") {
  Folder folder;
  folder.write("compose.yaml", "services:\r\n  db: {user: 数据库, Image: x}\r\n");
  try {
    folder.load();
    FAIL("loaded");
  } catch (const parser::LoadError& error) {
    REQUIRE(error.diagnostics().size() == 1);
    CHECK(error.diagnostics()[0].mark.column == 19);
    CHECK(error.diagnostics()[0].source_line == "  db: {user: 数据库, Image: x}");
    CHECK(std::string(error.what()) == error.diagnostics()[0].to_string());
  }
}
