// Bad input of faults.md that cannot be a golden text file, and the limits in time and space.
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <chrono>

#include "load_fixture.h"

namespace {

std::string repeat(const std::string& text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

}  // namespace

TEST_CASE("yaml: tabs, NUL bytes and other encodings are named with their place") {
  Folder folder;
  CHECK(folder.errors("services:\n  web:\n    image: a\n\tcommand: b\n") ==
        "compose.yaml:4:1: tab in the indentation; YAML takes only spaces\n");
  CHECK(folder.errors(std::string("services:\n  web: {image: a\0b}\n", 30)) ==
        "compose.yaml:2:17: NUL byte: this is not a text file\n");
  CHECK(folder.errors(std::string("\xFF\xFEs\0e\0", 6)) ==
        "compose.yaml:1:1: the file is in UTF-16; save it as UTF-8\n");
  CHECK(folder.errors(std::string("s\0e\0r\0", 6)) ==
        "compose.yaml:1:1: the file is in UTF-16; save it as UTF-8\n");
  CHECK(folder.errors("a: caf\xE9\n") ==
        "compose.yaml:1:7: byte that is not valid UTF-8; save the file as UTF-8\n");
}

TEST_CASE("yaml: a byte order mark is no error") {
  Folder folder;
  CHECK(folder.load("\xEF\xBB\xBFservices: {web: {image: x}}\n").project.services.count("web") == 1);
}

TEST_CASE("yaml: what is too large, too deep or too much is refused at once") {
  Folder folder;
  const auto start = std::chrono::steady_clock::now();
  CHECK(folder.errors(repeat("a: b\n", 1'000'000)) ==
        "compose.yaml: is larger than 4 MiB, which no Compose file needs\n");
  CHECK(folder.errors("a: " + repeat("[", 100'000)) ==
        "compose.yaml:1:54: nested more than 100 levels deep\n");
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c <= 'i'; ++c) {
    const std::string before = std::string("*") + static_cast<char>(c - 1);
    bomb += std::string(1, c) + ": &" + c + " [" + before + repeat("," + before, 8) + "]\n";
  }
  CHECK(folder.errors(bomb).find("aliases stand for more than 100000 values") != std::string::npos);
  CHECK(std::chrono::steady_clock::now() - start <
        std::chrono::seconds(3));  // three inputs, unoptimised build
#ifndef __SANITIZE_ADDRESS__       // which has a memory of its own
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  CHECK(usage.ru_maxrss < 100 * 1024);  // KiB
#endif
}

TEST_CASE("yaml: an alias of what it stands in is an error, a key that is no word too") {
  Folder folder;
  CHECK(folder.errors("x-a: &a\n  b: *a\n") ==
        "compose.yaml:2:6: alias that refers to the node it stands in\n");
  CHECK(folder.errors("? [a]\n: b\n") == "compose.yaml:1:3: a key must be a plain word, not a list\n");
  CHECK(folder.errors("x-a: &a 5\nservices:\n  web:\n    <<: *a\n    image: x\n") ==
        "compose.yaml:1:6: '<<' takes a map or a list of maps, not the number 5\n");
}

TEST_CASE("yaml: an error in an anchor is told once, however often it is used") {
  Folder folder;
  CHECK(folder.errors("x-a: &a {imag: x}\nservices:\n  one: {<<: *a}\n  two: *a\n") ==
        "compose.yaml:1:10: services.one: unknown attribute 'imag', did you mean 'image'?\n");
}

TEST_CASE("yaml: reset of one item of a list is an error") {
  Folder folder;
  CHECK(folder.errors("services:\n  web:\n    image: x\n    expose: [!reset '80']\n") ==
        "compose.yaml:4:14: services.web.expose[0]: !reset and !override work on a whole attribute, not on "
        "an item\n");
}

TEST_CASE("yaml: a name too long for a plain YAML key is printed so that it loads again") {
  Folder folder;
  const std::string name(1100, 'n');
  const auto first = folder.load("services: {web: {image: x}}\nx-a:\n  ? " + name + "\n  : [1]\n").project;
  const std::string printed = to_yaml(first);
  CHECK(printed.find("? " + name + "\n  :") != std::string::npos);
  CHECK(to_yaml(folder.load(printed).project) == printed);
}
