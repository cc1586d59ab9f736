#pragma once
// Documents to try a schema on: for each attribute of attributes.txt, values of the types that it may have
// and of others.
#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "places.h"

struct Line {
  std::string place;
  std::set<std::string> types;
  std::vector<std::string> words;
};

inline std::vector<Line> read_attributes() {
  std::ifstream file(places::source("tests/unit/parser/attributes.txt"));
  std::vector<Line> result;
  for (std::string text; std::getline(file, text);) {
    if (text.rfind('#', 0) == 0) continue;
    std::istringstream parts(text);
    Line& line = result.emplace_back();
    parts >> line.place;
    for (std::string type; parts >> type;) {
      line.types.insert(type.substr(0, type.find(':')));
      if (type.rfind("word:", 0) != 0) continue;
      std::istringstream words(type.substr(5));
      for (std::string word; std::getline(words, word, '|');) line.words.push_back(word);
    }
  }
  return result;
}

// `value` at `place`: {"services": {"some": {"ports": [value]}}}, which is JSON and YAML.
inline std::string document_with(const std::string& place, const std::string& value) {
  const size_t dot = place.find('.');
  const std::string step = place.substr(0, dot);
  const std::string below = dot == std::string::npos ? value : document_with(place.substr(dot + 1), value);
  if (step == "[]") return "[" + below + "]";
  return "{\"" + (step == "*" ? "some" : step) + "\": " + below + "}";
}

struct Sample {
  std::string value;
  std::set<std::string> types;  // it is of any of these
};
inline const Sample kSamples[] = {
    {R"("text")", {"string"}},
    {"3", {"integer", "number"}},
    {"1.5", {"number"}},
    {"true", {"boolean"}},
    {"[]", {"list"}},
    {"{}", {"map"}},
    {"[[]]", {}},
    {R"({"no such": []})", {}},
};

inline bool fits(const Sample& sample, const Line& line) {
  return std::any_of(sample.types.begin(), sample.types.end(),
                     [&](const std::string& type) { return line.types.count(type) > 0; });
}

// Whether some line says of what is in the sample that it may be there; then the sample is left out.
inline bool is_undecided(const Sample& sample, const std::vector<Line>& lines, const Line& line) {
  if (!sample.types.empty()) return false;
  const std::string below = line.place + (sample.value[0] == '[' ? ".[]" : ".*");
  return std::any_of(lines.begin(), lines.end(), [&](const Line& other) {
    return other.place == below && other.types.count("list") > 0;
  });
}
