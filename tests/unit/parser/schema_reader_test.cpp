// The program makes the schema library's constraints itself; here the library reads the schema file by its
// own means and must come to the same verdicts. The only other source that includes valijson, see
// schema_judge.cpp.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "attribute_samples.h"
#include "parser/schema_judge.h"
#include "parser/yaml.h"
#include "places.h"

namespace {

using nlohmann::json;
using valijson::adapters::NlohmannJsonAdapter;

class FileJudge {
 public:
  FileJudge() {
    std::ifstream file(places::source("schemas/compose-spec.json"));
    const json document = json::parse(file);
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(NlohmannJsonAdapter(document), schema_);
  }
  bool accepts(const std::string& text) {
    const json document = json::parse(text);
    return validator_.validate(schema_, NlohmannJsonAdapter(document), nullptr);
  }

 private:
  valijson::Schema schema_;
  valijson::Validator validator_;
};

bool program_accepts(const std::string& text) {
  parser::Report report;
  const auto documents = parser::load_yaml(report.add_source("compose.yaml", text), report);
  REQUIRE(documents.size() == 1);
  return parser::schema_accepts(documents[0]);
}

}  // namespace

TEST_CASE("schema judge: it decides as the library does when it reads the schema file itself") {
  FileJudge file;
  std::vector<std::string> texts = {
      R"({"x-a": 1})",
      R"({"y-a": 1})",
      R"({"services": {"a": {"x-b": {"c": 1}, "deploy": {"x-d": []}}}})",
      R"({"services": {"x-a": {"imag": 1}}})",
      R"({"services": {"a": {"labels": {"x-b": []}}}})",
      R"({"services": {"a": {"ports": [80, {"no such": 1}]}}})",
  };
  for (const Line& line : read_attributes()) {
    for (const Sample& sample : kSamples) texts.push_back(document_with(line.place, sample.value));
    for (const std::string& word : line.words) texts.push_back(document_with(line.place, "\"" + word + "\""));
  }
  for (const std::string& text : texts) {
    INFO(text);
    CHECK(program_accepts(text) == file.accepts(text));
  }
}
