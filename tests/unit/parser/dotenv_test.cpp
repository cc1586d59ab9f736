#include <catch2/catch.hpp>
#include <map>

#include "parser/dotenv.h"

using parser::DotenvFormat;

namespace {

struct Parsed {
  std::map<std::string, std::string> values;
  std::string messages;
};

Parsed parse(const std::string& text, DotenvFormat format = DotenvFormat::kQuoted) {
  parser::Report report;
  const parser::Source& source = report.add_source(".env", text);
  Parsed parsed;
  const parser::Lookup outside = [](const std::string& name) -> std::optional<std::string> {
    if (name == "HOME") return "/home/me";
    return std::nullopt;
  };
  for (const auto& variable : parse_dotenv(source, format, outside, report))
    parsed.values[variable.name] = variable.value.value_or("<none>");
  for (const auto& diagnostic : report.diagnostics()) parsed.messages += diagnostic.to_string() + "\n";
  return parsed;
}

}  // namespace

TEST_CASE("dotenv: names, separators, export, comments and blank lines") {
  const Parsed parsed = parse(
      "\xEF\xBB\xBF# c\r\n\r\nA=1\r\n B = two words  # note\nC: yaml\nexport D=4\nE=a#b\nF=\nG.x-[0]=k");
  CHECK(parsed.messages.empty());
  CHECK(parsed.values == std::map<std::string, std::string>{{"A", "1"},
                                                            {"B", "two words"},
                                                            {"C", "yaml"},
                                                            {"D", "4"},
                                                            {"E", "a#b"},
                                                            {"F", ""},
                                                            {"G.x-[0]", "k"}});
}

TEST_CASE("dotenv: a comment begins after a blank, so a colour is a value") {
  const Parsed parsed = parse("A=#ff0000\nB= # nothing\nC=1 #x\nD: #ff0000\nE=x #");
  CHECK(parsed.messages.empty());
  CHECK(parsed.values ==
        std::map<std::string, std::string>{{"A", "#ff0000"}, {"B", ""}, {"C", "1"}, {"D", ""}, {"E", "x"}});
}

TEST_CASE("dotenv: in single quotes the quote can be escaped, nothing else") {
  const Parsed parsed = parse("A='Let\\'s go'\nB='c:\\dir\\'x'\nC='a\\\\'\n");
  CHECK(parsed.messages.empty());
  CHECK(parsed.values.at("A") == "Let's go");
  CHECK(parsed.values.at("B") == "c:\\dir'x");
  CHECK(parsed.values.at("C") == "a\\\\");
}

TEST_CASE("dotenv: a bare name is taken from outside, or has no value") {
  const Parsed parsed = parse("HOME\nexport NOPE\n");
  CHECK(parsed.values.at("HOME") == "/home/me");
  CHECK(parsed.values.at("NOPE") == "<none>");
}

TEST_CASE("dotenv: single quotes keep everything, double quotes escape and substitute, both over lines") {
  const Parsed parsed =
      parse("A='$HOME \\n # x'\nB=\"a\\tb\\\"c\\\\ \\$HOME ${HOME} \\0101\"\nC=\"one\ntwo\" # c\nD='x\ny'\n");
  CHECK(parsed.messages.empty());
  CHECK(parsed.values.at("A") == "$HOME \\n # x");
  CHECK(parsed.values.at("B") == "a\tb\"c\\ $HOME /home/me A");
  CHECK(parsed.values.at("C") == "one\ntwo");
  CHECK(parsed.values.at("D") == "x\ny");
}

TEST_CASE("dotenv: values see variables read before them") {
  CHECK(parse("A=1\nB=${A}2\nC=${X:-d}\n").values.at("B") == "12");
  CHECK(parse("A=${X:-d}\n").values.at("A") == "d");
  CHECK(parse("A=$X\n").messages == ".env:1:3: warning: variable 'X' is not set, empty text is used\n");
}

TEST_CASE("dotenv: the raw format knows no quotes and no variables") {
  const Parsed parsed = parse("A=\"$HOME\" # x\nB='1'\n", DotenvFormat::kRaw);
  CHECK(parsed.values.at("A") == "\"$HOME\" # x");
  CHECK(parsed.values.at("B") == "'1'");
}

TEST_CASE("dotenv: the raw format keeps white space, and only '=' ends a name") {
  const Parsed parsed = parse("  A= two \r\nB:C=x=y\n#c\n\nHOME\nD=", DotenvFormat::kRaw);
  CHECK(parsed.messages.empty());
  CHECK(parsed.values ==
        std::map<std::string, std::string>{{"A", " two "}, {"B:C", "x=y"}, {"HOME", "/home/me"}, {"D", ""}});
  CHECK(parse("A=1\nexport B=2\n=3\n", DotenvFormat::kRaw).messages ==
        ".env:2:7: white space in a variable name; write NAME=value\n.env:3:1: no name before the '='\n");
}

TEST_CASE("dotenv: errors carry file and line, and the rest is still read") {
  CHECK(parse("A=1\nB C=2\n").messages ==
        ".env:2:3: unexpected character 'C' in a variable name; write NAME=value\n");
  CHECK(parse("=x\n").messages == ".env:1:1: no name before the '='\n");
  CHECK(parse("\nA=\"open\nB=1\n").messages == ".env:2:3: quote that is never closed\n");
  CHECK(parse("A='x'y\n").messages == ".env:1:6: unexpected 'y' after the closing quote\n");
  CHECK(parse("A=${X:?needed}\nB=1\n").messages ==
        ".env:1:3: required variable 'X' is missing a value: needed\n");
  CHECK(parse("!\nB=1\n").values.at("B") == "1");
}
