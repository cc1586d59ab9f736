// A file that is read in parts, by several threads, gives what reading it as a whole gives: tree, places and
// errors.
#include <catch2/catch.hpp>

#include "parser/yaml.h"

namespace {

using parser::Node;

void write(const Node& node, const std::string& indentation, std::string& text) {
  text += std::to_string(static_cast<int>(node.kind)) + std::to_string(static_cast<int>(node.tag)) +
          (node.plain ? "p" : "") + " " + std::to_string(node.at.line) + ":" +
          std::to_string(node.at.column) + " '" + node.text + "'\n";
  for (const Node& item : node.items) {
    text += indentation + "- ";
    write(item, indentation + "  ", text);
  }
  for (const parser::Entry& entry : node.entries) {
    text += indentation + entry.key + " " + std::to_string(entry.key_at.line) + ":" +
            std::to_string(entry.key_at.column) + " ";
    write(entry.value, indentation + "  ", text);
  }
}

std::string written(const std::vector<Node>& documents) {
  std::string text;
  for (const Node& document : documents) write(document, "", text);
  return text;
}

std::string service(const std::string& name) {
  return "  " + name +
         ":\n    image: \"app:${TAG:-1}\"\n    command: [a, \"b: c\"]\n    labels:\n      key: it is\n       "
         " so\n";
}

std::string services(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) text += service("s" + std::to_string(i));
  return text;
}

// In how many ways it could be read in parts. Each must give what the whole gives.
int ways(const std::string& text) {
  parser::Report report;
  const parser::Source& source = report.add_source("compose.yaml", text);
  const std::string whole = written(load_yaml(source, report));
  int count = 0;
  for (size_t parts = 2; parts < 9; ++parts) {
    const auto read = read_in_parts(source, parts);
    if (!read) continue;
    ++count;
    CHECK_FALSE(report.failed());
    CHECK(written(*read) == whole);
  }
  return count;
}

constexpr int kAll = 7;

}  // namespace

TEST_CASE("yaml in parts: the tree and its places are those of the whole") {
  CHECK(ways("services:\n" + services(0, 20)) == kAll);
  CHECK(ways("name: x\n# services\nservices: \n\n# one\n" + services(0, 10) + "\n  # two\n# three\n" +
             services(10, 20) + "networks: {back: {}}\nvolumes:\n  data:\n") == kAll);
  CHECK(ways("---\nservices:\n" + services(0, 20) + "---\nservices:\n" + services(0, 2)) == kAll);
  CHECK(ways("services:\n" + services(0, 12) + "  last: !reset\n  other: !override {image: b}\n") == kAll);
}

TEST_CASE("yaml in parts: text beyond ASCII and lines that end in CR LF keep their columns") {
  std::string text = "services:\n";
  for (int i = 0; i < 20; ++i)
    text += "  s" + std::to_string(i) + ":\n    labels: {\"k\xC3\xA4se\": \"\xE2\x82\xAC\", b: c}\n";
  CHECK(ways(text) == kAll);
  std::string windows;
  for (const char c : text) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  CHECK(ways(windows) == kAll);
}

TEST_CASE("yaml in parts: lines that only look like services are no place to cut at") {
  const std::string lines = "  s1:\n  s2:\n  s3:\n  s4:\n  s5:\n  s6:\n";
  const auto between = [&](const std::string& text) {
    return "services:\n" + services(10, 14) + text + services(20, 24);
  };
  ways(between("  q:\n    image: \"one\n" + lines + "  \"\n"));
  ways(between("  q:\n    image: 'one\n" + lines + "  it''s\n  '\n"));
  ways(between("  q:\n    labels: {a: b,\n  s1:\n    {},\n  s2:\n   c}\n"));
  ways(between("  q:\n    command: [\n" + lines + "  ]\n"));
  ways(between("  q:\n    image: |\n      one\n" + lines));
  ways(between("  q: |\n    one\n" + lines));
  ways(between("  q:\n    image: |1\n     one\n" + lines));
  ways(between("  q:\n    image: one\n      two\n" + lines));
  ways(between("  q:\n    ? image\n    : one\n" + lines));
  ways("x-note: \"\nservices:\n" + lines + lines + lines + "\"\nservices:\n" + services(0, 2));
  ways("x-note: |\n services:\n" + lines + lines + "services:\n" + services(0, 2));
  ways("services: \"\n" + lines + lines + "\"\n");
  ways("services: |\n" + lines + lines);
  ways("services:\n" + services(0, 2) + "networks:\n" + lines + lines + lines);
  ways("services:\n  {a: {image: b},\n" + lines + "  }\n");
  ways("services:\n  - a\n" + lines);
}

TEST_CASE("yaml in parts: merge keys, and anchors used further down, come out as in the whole") {
  CHECK(ways("services:\n  a: &a {image: b}\n" + services(0, 10) + "  z: *a\n") == 0);
  ways("services:\n  <<: {s3: {image: b}, t: {image: c}}\n" + services(0, 10));
  ways("services:\n" + services(0, 10) + "  <<: {s3: {image: b}, t: {image: c}}\n");
  ways("services:\n" + services(0, 5) + "  <<: {s9: {image: b}, t: {image: c}}\n" + services(5, 10));
  ways("x-a: {b: c}\nservices:\n" + services(0, 10) + "<<: {x-a: {d: e}, x-f: {}}\n");
}

TEST_CASE("yaml in parts: what has an error anywhere is left to the reading of the whole") {
  for (const std::string wrong :
       {"  s1:\n    image: b\n", "services: {}\n", "  x:\n    image: !what b\n", "  x:\n    image: \"b\n",
        "  x: {a: b\n", "  x:\n\timage: b\n", "   x:\n    image: b\n", "  x:\n    image: *b\n",
        "x-a: 1\nx-a: 2\n", "name: y\n"}) {
    CHECK(ways("name: x\nservices:\n" + services(0, 10) + wrong) == 0);
    CHECK(ways("name: x\nservices:\n" + services(0, 5) + wrong + services(5, 10)) == 0);
  }
}
