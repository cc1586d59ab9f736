#include "engine/build/checks.h"

#include <algorithm>

#include "engine/build/check_findings.h"
#include "engine/build/variables.h"
#include "engine/error.h"
#include "engine/image/image_store.h"
#include "engine/letter_case.h"

namespace engine {

std::string CheckFinding::to_string() const {
  return build::Place{file, line}.to_string() + ": " + rule + ": " + message;
}

namespace build {
namespace {

// Pieces between `separator`s, without blanks and empty ones.
std::vector<std::string> pieces(const std::string& text, char separator) {
  std::vector<std::string> out;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(separator, at), text.size());
    for (const std::string& word : blank_separated(text.substr(at, end - at))) out.push_back(word);
    at = end + 1;
  }
  return out;
}

}  // namespace

CheckFindings::CheckFindings(const std::string& settings, const std::string& origin) {
  for (const std::string& setting : pieces(settings, ';')) {
    const size_t equals = std::min(setting.find('='), setting.size());
    const std::string name = lower_case(setting.substr(0, equals));
    const std::string value = lower_case(setting.substr(std::min(equals + 1, setting.size())));
    if (name == "skip" || name == "experimental") {
      const std::vector<std::string> rules = pieces(value, ',');
      (name == "skip" ? skip_ : experimental_).insert(rules.begin(), rules.end());
    } else if (name == "error" && (value == "true" || value == "false")) {
      report_.is_error = value == "true";
    } else {
      throw Error(Error::Kind::kInvalid, origin + ": '" + setting +
                                             "' is no setting of the build checks: skip=RULE,..., " +
                                             "error=true or false, experimental=RULE,...");
    }
  }
}

bool CheckFindings::experimental(const std::string& rule) const {
  return experimental_.contains("all") || experimental_.contains(lower_case(rule));
}

void CheckFindings::add(const std::string& rule, const Place& place, const std::string& message) {
  if (skip_.contains("all") || skip_.contains(lower_case(rule))) return;
  report_.findings.push_back({rule, message, place.file, place.line, ""});
}

CheckReport CheckFindings::finish() && {
  std::stable_sort(report_.findings.begin(), report_.findings.end(),
                   [](const CheckFinding& a, const CheckFinding& b) { return a.line < b.line; });
  return std::move(report_);
}

FindConfig stored_config(ImageStore& store) {
  return [&store](const std::string& name) -> std::optional<ImageConfig> {
    try {
      if (const auto image = store.find(name)) return image->config;
    } catch (const Error&) {
      return std::nullopt;  // no name of an image; the build says so
    }
    return std::nullopt;
  };
}

CheckReport check_dockerfile(const Dockerfile& file, const BuildRequest& request, const IgnoreRules& rules,
                             const FindConfig& find_config) {
  const auto argument = request.args.find(kCheckArgument);
  const bool given = argument != request.args.end() && argument->second;
  CheckFindings findings(given ? *argument->second : file.check,
                         given ? std::string("the build argument ") + kCheckArgument
                               : file.stages[0].head.place.file + ": the directive 'check'");
  check_words(file, findings);
  check_values(file, request, rules, find_config, findings);
  return std::move(findings).finish();
}

}  // namespace build
}  // namespace engine
