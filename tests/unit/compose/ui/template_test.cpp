#include "compose/ui/template.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using compose::ui::Template;
using compose::ui::TemplateError;

namespace {

const nlohmann::ordered_json& data() {
  static const nlohmann::ordered_json kData = nlohmann::ordered_json::parse(R"({
    "ID": "abc", "Name": "web", "Size": 12, "Up": true, "Empty": "", "None": null,
    "Tags": ["a", "b"], "Config": {"Cmd": ["sh", "-c"], "Labels": {"x.y": "1", "b": "2", "a": "3"}},
    "Ports": [{"Port": 80}, {"Port": 443}]
  })");
  return kData;
}

std::string render(const std::string& text) {
  return Template(text).render(data());
}

std::string error(const std::string& text) {
  try {
    render(text);
  } catch (const TemplateError& caught) {
    return caught.what();
  }
  FAIL("no TemplateError for " << text);
  return {};
}

}  // namespace

TEST_CASE("fields are put in, whatever stands around them") {
  CHECK(render("").empty());
  CHECK(render("text") == "text");
  CHECK(render("{{.ID}}:{{ .Name }}") == "abc:web");
  CHECK(render("{{.Config.Cmd}} {{$.ID}} {{.Size}} {{.Up}}") == "[sh -c] abc 12 true");
  CHECK(render("{{.Config.Labels}}") == "map[a:3 b:2 x.y:1]");
  CHECK(render("{{.None}}") == "<no value>");
  CHECK(render("{{/* said */}}{{.ID}}") == "abc");
  CHECK(render("a}}b") == "a}}b");
}

TEST_CASE("a key that a map does not have is no value, a field that there is not is an error") {
  CHECK(render("{{.Config.Labels.c}}") == "<no value>");
  CHECK(render("{{.Config.Labels.c.d}}") == "<no value>");
  CHECK(
      error("{{.ID}} {{.Foo}}") ==
      "template, column 11: there is no field .Foo; there are .ID, .Name, .Size, .Up, .Empty, .None, .Tags, "
      ".Config, .Ports");
  CHECK_THAT(error("{{.Config.Foo}}"), Catch::Contains("there are .Cmd, .Labels"));
  CHECK_THAT(error("{{.ID.Foo}}"), Catch::Contains("no object"));
}

TEST_CASE("functions take arguments and what is piped to them") {
  CHECK(render("{{json .Tags}}") == R"(["a","b"])");
  CHECK(render("{{.Config | json}}") == R"({"Cmd":["sh","-c"],"Labels":{"x.y":"1","b":"2","a":"3"}})");
  CHECK(render("{{join .Tags \", \"}} {{len .Tags}} {{upper .Name | printf \"%s!\"}}") == "a, b 2 WEB!");
  CHECK(render("{{index .Config.Labels \"x.y\"}}{{index .Config.Labels \"no\"}}{{index .Tags 1}}") == "1b");
  CHECK(render("{{(index .Ports 1).Port}}") == "443");
  CHECK(render("{{index .Ports 0 \"Port\"}}") == "80");
  CHECK(render("{{split \"a,b\" \",\"}} {{lower \"AB\"}} {{title \"two words\"}} {{truncate .ID 2}}|{{pad "
               ".ID 1 2}}|") == "[a b] ab Two Words ab| abc  |");
  CHECK(render("{{println .ID .Size}}{{print .ID .Name}}") == "abc 12\nabcweb");
  CHECK(render(R"({{printf "%-5s|%5s|%03d|%q|%v|%t|%%" .ID .ID .Size .ID .Tags .Up}})") ==
        "abc  |  abc|012|\"abc\"|[a b]|true|%");
  CHECK(render("{{`raw\\n`}}{{\"a\\tb\"}}") == "raw\\na\tb");
}

TEST_CASE("branches take what Go takes for true") {
  CHECK(render("{{if .Up}}up{{else}}down{{end}}") == "up");
  CHECK(render("{{if .Empty}}a{{else if .None}}b{{else}}c{{end}}") == "c");
  CHECK(render("{{if and .Up (eq .Size 12)}}both{{end}}{{if not .Empty}}!{{end}}") == "both!");
  CHECK(render("{{if or .Empty .ID}}{{or .Empty .ID}}{{end}}") == "abc");
  CHECK(render("{{with .Config}}{{.Cmd}}{{end}}{{with .Empty}}x{{else}}none{{end}}") == "[sh -c]none");
  CHECK(render("{{if lt .Size 13}}{{if ge .Size 12}}{{ne .ID \"x\"}}{{end}}{{end}}") == "true");
  CHECK(render("{{eq .ID \"x\" \"abc\"}}") == "true");
}

TEST_CASE("ranges go over lists in order and over maps by their keys") {
  CHECK(render("{{range .Tags}}<{{.}}>{{end}}") == "<a><b>");
  CHECK(render("{{range $i, $t := .Tags}}{{$i}}{{$t}} {{end}}") == "0a 1b ");
  CHECK(render("{{range $k, $v := .Config.Labels}}{{$k}}={{$v}};{{end}}") == "a=3;b=2;x.y=1;");
  CHECK(render("{{range .Ports}}{{.Port}}{{$.ID}} {{end}}") == "80abc 443abc ");
  CHECK(render("{{range .None}}x{{else}}nothing{{end}}") == "nothing");
  CHECK(render("{{$n := \"\"}}{{range .Tags}}{{$n = .}}{{end}}{{$n}}") == "b");
  CHECK_THAT(error("{{range .ID}}{{end}}"), Catch::Contains("needs a list"));
}

TEST_CASE("a variable ends with the block it was set in") {
  CHECK(render("{{$x := .ID}}{{$x}}") == "abc");
  CHECK_THAT(error("{{if .Up}}{{$x := 1}}{{end}}{{$x}}"), Catch::Contains("there is no variable $x"));
}

TEST_CASE("dashes take the space beside them away") {
  CHECK(render("a {{- .ID -}} \n b") == "aabcb");
  CHECK(render("a {{- /* c */ -}} b") == "ab");
  CHECK(render("{{-3}}") == "-3");
}

TEST_CASE("a template that cannot be read tells where") {
  const std::pair<const char*, const char*> cases[] = {
      {"ab{{.ID", "column 3: the {{ has no }}"},
      {"{{}}", "column 1: the action is empty"},
      {"{{if .ID}}x", "column 1: the {{end}} is missing"},
      {"{{end}}", "column 1: {{end}} without a beginning"},
      {"{{else}}", "without a beginning"},
      {"{{if .Up}}{{else}}{{else}}{{end}}", "column 19: a second {{else}}"},
      {"{{.ID | }}", "a value is missing"},
      {"{{(.ID}}", "')' is missing"},
      {"{{\"a}}", "the {{ has no }}"},
      {"{{.ID .Name}}", ".ID with arguments is not supported"},
      {"{{\"a\" .ID}}", "only a function"},
      {"{{.Config.Other \"a\"}}", ".Other with arguments is not supported"},
      {"{{.Config.Label \"a\"}}", "there is no field .Label"},
      {"{{html .ID}}", "column 3: the function 'html' is not supported"},
      {"{{template \"x\"}}", "{{template}} is not supported"},
      {"{{range .Tags}}{{break}}{{end}}", "{{break}} is not supported"},
      {"{{1.5}}", "1.5 is not supported"},
      {"{{$ := 1}}", "$ cannot be set"},
      {"{{if}}x{{end}}", "a value is missing"},
      {"{{.ID ? }}", "'?' is not expected"},
      {"{{end .ID}}", "is not expected here"},
  };
  for (const auto& [text, expected] : cases) {
    INFO(text);
    CHECK_THAT(error(text), Catch::Contains(expected));
  }
}

TEST_CASE("a function that is called wrongly says so by its name") {
  const std::pair<const char*, const char*> cases[] = {
      {"{{index .Tags 5}}", "index: there is no element 5 of 2"},
      {"{{index .Tags \"x\"}}", "index: 'x' is not a whole number"},
      {"{{join .ID \",\"}}", "join: 'abc' is not a list"},
      {"{{upper .Size}}", "upper: '12' is not a string"},
      {"{{len .Size}}", "len: '12' has no length"},
      {"{{printf \"%d\" .ID}}", "printf: %d needs a whole number"},
      {"{{printf \"%s\"}}", "printf: there is no value"},
      {"{{printf \"%x\" .Size}}", "%x is not supported"},
      {"{{printf \"a\" .Size}}", "more values than verbs"},
      {"{{printf \"%99999999s\" .ID}}", "out of range"},
      {"{{lt .ID .Size}}", "cannot be compared"},
      {"{{json}}", "json: it takes 1 arguments, not 0"},
  };
  for (const auto& [text, expected] : cases) {
    INFO(text);
    CHECK_THAT(error(text), Catch::Contains(expected));
  }
}

TEST_CASE("templates made to take the stack or the memory end in an error") {
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "{{if .Up}}";
  CHECK_THAT(error(deep), Catch::Contains("too deeply"));
  CHECK_THAT(error("{{" + std::string(5000, '(') + "}}"), Catch::Contains("too deeply"));
  std::string elses = "{{if .Empty}}";
  for (int i = 0; i < 5000; ++i) elses += "{{else if .Empty}}";
  CHECK_THAT(error(elses + "{{end}}"), Catch::Contains("too deeply"));
  std::string wide = "{{printf \"%9000s\" .ID}}";
  for (int i = 0; i < 14; ++i) wide += wide;
  CHECK_THAT(error(wide), Catch::Contains("too large"));
}
