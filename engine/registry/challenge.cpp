#include "engine/registry/challenge.h"
#include "engine/letter_case.h"

#include <cctype>

namespace engine::registry {

namespace {

bool is_token_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ >= text_.size(); }
  char here() const { return at_end() ? '\0' : text_[at_]; }
  void skip_blanks() {
    while (here() == ' ' || here() == '\t') ++at_;
  }
  bool skip(char c) {
    if (here() != c || at_end()) return false;
    ++at_;
    return true;
  }
  std::string token() {
    const size_t start = at_;
    while (!at_end() && is_token_char(text_[at_])) ++at_;
    return lower_case(std::string(text_.substr(start, at_ - start)));
  }
  std::string value() {
    if (!skip('"')) {
      const size_t start = at_;
      while (!at_end() && text_[at_] != ',' && text_[at_] != ' ' && text_[at_] != '\t') ++at_;
      return std::string(text_.substr(start, at_ - start));
    }
    std::string text;
    while (!at_end() && text_[at_] != '"') {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      text += text_[at_++];
    }
    skip('"');
    return text;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

std::vector<Challenge> parse_challenges(std::string_view header) {
  std::vector<Challenge> challenges;
  Scanner scanner(header);
  for (;;) {
    scanner.skip_blanks();
    if (scanner.skip(',')) continue;
    const std::string word = scanner.token();
    if (word.empty()) return challenges;
    scanner.skip_blanks();
    // A word with "=" behind it belongs to the challenge before; without, it begins one.
    if (!scanner.skip('=')) {
      challenges.push_back({word, {}});
      continue;
    }
    if (challenges.empty()) return challenges;
    scanner.skip_blanks();
    challenges.back().parameters[word] = scanner.value();
  }
}

}  // namespace engine::registry
