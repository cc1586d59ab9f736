// The build checks that look at words alone.
#include <algorithm>
#include <map>

#include "engine/build/check_findings.h"
#include "engine/letter_case.h"

namespace engine::build {
namespace {

// A word of the name, between underscores, says that the value is for few eyes.
bool names_a_secret(const std::string& name) {
  static const std::set<std::string> kSecret = {"apikey", "auth",    "credential", "credentials",
                                                "key",    "passwd",  "password",   "pword",
                                                "secret", "secrets", "token"};
  static const std::set<std::string> kHarmless = {"public", "file"};
  bool found = false;
  const std::string text = lower_case(name);
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find('_', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (kHarmless.contains(word)) return false;
    found = found || kSecret.contains(word);
    at = end + 1;
  }
  return found;
}

class WordCheck {
 public:
  WordCheck(const Dockerfile& file, CheckFindings& findings) : file_(file), findings_(findings) {}

  void run() {
    for (const Place& place : file_.empty_continuations) {
      findings_.add("NoEmptyContinuation", place,
                    "an empty line stands within an instruction; a later syntax may end it there");
    }
    for (const Instruction& arg : file_.global_args) look_at(arg);
    for (const Stage& stage : file_.stages) {
      check_from(stage);
      last_ = {};
      for (const Instruction& instruction : stage.instructions) look_at(instruction);
    }
    check_casing();
  }

 private:
  void check_from(const Stage& stage) {
    const From& from = stage.from();
    const Place& place = stage.head.place;
    count_casing(stage.head);
    if (from.stage.empty()) return;
    if (from.written_stage != from.stage)
      findings_.add("StageNameCasing", place,
                    "the stage name '" + from.written_stage + "' should be in lower case");
    if (from.stage == "context") {
      findings_.add("ReservedStageName", place,
                    "'context' has a meaning of its own and should not name a stage");
    }
    const std::string& keyword = stage.head.keyword;
    if ((keyword == upper_case(keyword) && from.as != "AS") ||
        (keyword == lower_case(keyword) && from.as != "as")) {
      findings_.add("FromAsCasing", place,
                    "'" + keyword + "' and '" + from.as + "' are not written in the same case");
    }
    const auto [first, fresh] = stages_.try_emplace(from.stage, place.line);
    if (!fresh) {
      findings_.add("DuplicateStageName", place,
                    "the stage name '" + from.stage + "' is already that of line " +
                        std::to_string(first->second) + "; from here on it means this one");
    }
  }

  void look_at(const Instruction& instruction) {
    count_casing(instruction);
    const Place& place = instruction.place;
    if (const auto* env = std::get_if<Env>(&instruction.node)) {
      check_legacy("ENV", env->legacy, place);
      for (const auto& [name, value] : env->pairs) check_secret("ENV", name, place);
    } else if (const auto* label = std::get_if<Label>(&instruction.node)) {
      check_legacy("LABEL", label->legacy, place);
    } else if (const auto* arg = std::get_if<Arg>(&instruction.node)) {
      for (const auto& [name, value] : arg->names) check_secret("ARG", name, place);
    } else if (std::holds_alternative<Maintainer>(instruction.node)) {
      findings_.add("MaintainerDeprecated", place,
                    "MAINTAINER is deprecated; write LABEL org.opencontainers.image.authors=...");
    } else if (std::holds_alternative<Cmd>(instruction.node)) {
      check_single("CMD", place);
    } else if (std::holds_alternative<Entrypoint>(instruction.node)) {
      check_single("ENTRYPOINT", place);
    } else if (std::holds_alternative<Health>(instruction.node)) {
      check_single("HEALTHCHECK", place);
    }
  }

  void check_legacy(const std::string& keyword, bool legacy, const Place& place) {
    if (!legacy) return;
    findings_.add("LegacyKeyValueFormat", place,
                  keyword + " key value is a legacy form; write " + keyword + " key=value");
  }

  void check_secret(const std::string& keyword, const std::string& name, const Place& place) {
    if (!names_a_secret(name)) return;
    findings_.add("SecretsUsedInArgOrEnv", place,
                  keyword + " \"" + name +
                      "\" stays readable in the image; give secrets to steps by RUN --mount=type=secret");
  }

  // Told where the one stands that has no effect.
  void check_single(const std::string& keyword, const Place& place) {
    const auto [before, fresh] = last_.try_emplace(keyword, place);
    if (fresh) return;
    findings_.add("MultipleInstructionsDisallowed", before->second,
                  "only the last " + keyword + " of a stage has an effect, here that of line " +
                      std::to_string(place.line));
    before->second = place;
  }

  void count_casing(const Instruction& instruction) {
    if (instruction.keyword == lower_case(instruction.keyword)) ++lower_;
    if (instruction.keyword == upper_case(instruction.keyword)) ++upper_;
    keywords_.emplace_back(instruction.place, instruction.keyword);
  }

  void check_casing() {
    const bool is_lower = lower_ > upper_;
    for (const auto& [place, keyword] : keywords_) {
      if (keyword == (is_lower ? lower_case(keyword) : upper_case(keyword))) continue;
      findings_.add("ConsistentInstructionCasing", place,
                    "'" + keyword + "' should be in " + (is_lower ? "lower" : "upper") +
                        " case, as most instructions are");
    }
  }

  const Dockerfile& file_;
  CheckFindings& findings_;
  std::map<std::string, int> stages_;  // name -> line
  std::map<std::string, Place> last_;  // of the stage, by keyword
  std::vector<std::pair<Place, std::string>> keywords_;
  int lower_ = 0, upper_ = 0;
};

}  // namespace

void check_words(const Dockerfile& file, CheckFindings& findings) {
  WordCheck(file, findings).run();
}

}  // namespace engine::build
