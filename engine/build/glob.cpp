#include "engine/build/glob.h"

#include <algorithm>
#include <stdexcept>

namespace engine::build {

Glob::Glob(const std::string& pattern, Dialect dialect) : slash_is_special_(dialect != Dialect::kText) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    Token token;
    if (c == '*' && dialect == Dialect::kIgnore && pattern.compare(i, 2, "**") == 0) {
      const bool dirs = pattern.compare(i, 3, "**/") == 0;
      token.kind = dirs ? Token::Kind::kDirs : Token::Kind::kAnyDeep;
      i += dirs ? 2 : 1;
    } else if (c == '*') {
      token.kind = slash_is_special_ ? Token::Kind::kAny : Token::Kind::kAnyDeep;
    } else if (c == '?') {
      token.kind = Token::Kind::kOne;
    } else if (c == '[') {
      i = read_class(pattern, i + 1);
      continue;
    } else {
      if (c == '\\' && ++i == pattern.size()) throw std::invalid_argument("'\\' at the end");
      token.character = pattern[i];
    }
    tokens_.push_back(std::move(token));
  }
}

// From after '[' to the ']' whose position is returned.
size_t Glob::read_class(const std::string& pattern, size_t at) {
  Token token;
  token.kind = Token::Kind::kClass;
  const auto character = [&]() -> unsigned char {
    if (at < pattern.size() && pattern[at] == '\\') ++at;
    if (at >= pattern.size()) throw std::invalid_argument("'[' without ']'");
    return static_cast<unsigned char>(pattern[at++]);
  };
  if (at < pattern.size() && (pattern[at] == '^' || (!slash_is_special_ && pattern[at] == '!'))) {
    token.negated = true;
    ++at;
  }
  while (at >= pattern.size() || pattern[at] != ']' || token.ranges.empty()) {
    if (at < pattern.size() && pattern[at] == ']') throw std::invalid_argument("'[]' is empty");
    const unsigned char low = character();
    unsigned char high = low;
    if (at + 1 < pattern.size() && pattern[at] == '-' && pattern[at + 1] != ']') {
      ++at;
      high = character();
    }
    token.ranges.emplace_back(low, high);
  }
  tokens_.push_back(std::move(token));
  return at;
}

// Adds the positions reached without a character: every starred token may match nothing.
void Glob::close(States& states) const {
  for (size_t i = 0; i < tokens_.size(); ++i) {
    const Token::Kind kind = tokens_[i].kind;
    const bool may_be_empty =
        kind == Token::Kind::kAny || kind == Token::Kind::kAnyDeep || kind == Token::Kind::kDirs;
    if (states[i] != 0 && may_be_empty) states[i + 1] = 1;
  }
}

// Two flags per token would be needed to know whether `**/` stands at the beginning of a component; positions
// beyond tokens_.size() are those "inside a component" states of kDirs tokens.
Glob::States Glob::start() const {
  States states(2 * tokens_.size() + 1, 0);
  states[0] = 1;
  close(states);
  return states;
}

bool Glob::advance(const States& states, char c, States& next) const {
  std::fill(next.begin(), next.end(), 0);
  const size_t count = tokens_.size();
  const bool slash = slash_is_special_ && c == '/';
  bool alive = false;
  const auto reach = [&](size_t state, bool reached) {
    if (!reached) return;
    next[state] = 1;
    alive = true;
  };
  for (size_t i = 0; i < count; ++i) {
    const Token& token = tokens_[i];
    if (token.kind == Token::Kind::kDirs) {
      const size_t inside = count + 1 + i;
      reach(slash ? i : inside, states[i] != 0 || states[inside] != 0);
      continue;
    }
    if (states[i] == 0) continue;
    switch (token.kind) {
      case Token::Kind::kChar:
        reach(i + 1, token.character == c);
        break;
      case Token::Kind::kOne:
        reach(i + 1, !slash);
        break;
      case Token::Kind::kAny:
        reach(i, !slash);
        break;
      case Token::Kind::kAnyDeep:
        reach(i, true);
        break;
      case Token::Kind::kClass: {
        const auto byte = static_cast<unsigned char>(c);
        const bool in = std::any_of(token.ranges.begin(), token.ranges.end(), [&](const auto& range) {
          return range.first <= byte && byte <= range.second;
        });
        reach(i + 1, !slash && in != token.negated);
        break;
      }
      case Token::Kind::kDirs:
        break;
    }
  }
  close(next);
  return alive;
}

bool Glob::feed(const std::string& text, bool stop_at_folder, States& states) const {
  States next(states.size());
  for (const char c : text) {
    if (stop_at_folder && c == '/' && states[tokens_.size()] != 0) return true;
    if (!advance(states, c, next)) return false;
    states.swap(next);
  }
  return true;
}

bool Glob::matches(const std::string& text) const {
  States states = start();
  return feed(text, false, states) && states[tokens_.size()] != 0;
}

bool Glob::matches_or_contains(const std::string& path) const {
  States states = start();
  return feed(path, true, states) && states[tokens_.size()] != 0;
}

bool Glob::could_match_below(const std::string& prefix) const {
  States states = start();
  return feed(prefix, false, states);
}

}  // namespace engine::build
