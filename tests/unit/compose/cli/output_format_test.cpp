#include "compose/cli/output_format.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "compose/cli/failure.h"
#include "compose/cli/image/filters.h"

using namespace compose::cli;

namespace {

const std::vector<nlohmann::ordered_json> kRows{{{"ID", "1"}, {"Name", "a long name"}},
                                                {{"ID", "22"}, {"Name", "b"}}};
const Titles kTitles{{"ID", "IMAGE ID"}, {"Name", "NAME"}};

std::string shown(const std::string& format) {
  return OutputFormat(format).render(kRows, kTitles);
}

engine::ImageInfo image(const std::vector<std::string>& references, int64_t created_ms = 1000) {
  engine::ImageInfo info;
  info.references = references;
  info.created_ms = created_ms;
  info.labels = {{"a", "1"}, {"empty", ""}};
  return info;
}

bool passes_filter(const std::string& filter, const engine::ImageInfo& info) {
  return passes(parse_image_filters({filter}, {"dangling", "label", "label!", "until"}), info);
}

}  // namespace

TEST_CASE("a template gives a line for each row, a table template columns under titles") {
  CHECK(shown("{{.ID}}={{.Name}}") == "1=a long name\n22=b\n");
  CHECK(shown("table {{.Name}}\\t{{.ID}}") == "NAME          IMAGE ID\na long name   1\nb             22\n");
  CHECK(OutputFormat("table {{.ID}}").render({}, kTitles) == "IMAGE ID\n");
  CHECK(OutputFormat("json").is_json());
  CHECK_FALSE(OutputFormat("table").is_template());
}

TEST_CASE("a format that is none, or whose template is wrong, is refused before anything is done") {
  CHECK_THROWS_WITH(OutputFormat("yaml"), Catch::Contains("--format yaml is not known"));
  CHECK_THROWS_WITH(OutputFormat("{{.ID"), Catch::Contains("--format: template, column 1"));
  CHECK_THROWS_WITH(shown("{{.Nmae}}"), Catch::Contains("there are .ID, .Name"));
}

TEST_CASE("image filters go by name, label and age") {
  CHECK(passes_filter("dangling=true", image({})));
  CHECK_FALSE(passes_filter("dangling=true", image({"docker.io/library/a:1"})));
  CHECK(passes_filter("label=a", image({})));
  CHECK(passes_filter("label=a=1", image({})));
  CHECK_FALSE(passes_filter("label=a=2", image({})));
  CHECK(passes_filter("label=empty=", image({})));
  CHECK_FALSE(passes_filter("label=b", image({})));
  CHECK(passes_filter("label!=b", image({})));
  CHECK(passes_filter("label!=a=2", image({})));
  CHECK_FALSE(passes_filter("label!=a", image({})));
  CHECK(passes_filter("until=10", image({}, 9999)));
  CHECK_FALSE(passes_filter("until=10", image({}, 10000)));
  CHECK_THROWS_AS(parse_image_filters({"dangling=perhaps"}, {"dangling"}), CommandError);
  CHECK_THROWS_AS(parse_image_filters({"until=soon"}, {"until"}), CommandError);
  CHECK_THROWS_WITH(parse_image_filters({"colour=red"}, {"label", "until"}),
                    Catch::Contains("there are label=, until="));
}

TEST_CASE("a reference pattern means the name as docker shows it, with or without its tag") {
  CHECK(matches_reference("busybox", "docker.io/library/busybox:1"));
  CHECK(matches_reference("busy*:1*", "docker.io/library/busybox:1.36"));
  CHECK_FALSE(matches_reference("busybox:2", "docker.io/library/busybox:1"));
  CHECK_FALSE(matches_reference("*", "registry.example/team/app:1"));
  CHECK(matches_reference("*/*/app", "registry.example/team/app:1"));
}
