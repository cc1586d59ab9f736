#include "engine/build/expand.h"

#include <cctype>
#include <stdexcept>

#include "engine/build/glob.h"

namespace engine::build {
namespace {

constexpr int kMaxNesting = 64;

bool is_name_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct Context {
  const Expander::Lookup& lookup;
  const std::function<void(const std::string&)>& unset;
  char escape;
  const Place& place;
};

class Reader {
 public:
  Reader(const std::string& text, const Context& context, bool split, int depth)
      : text_(text), context_(context), split_(split), depth_(depth) {
    if (depth > kMaxNesting) fail_at(context.place, "variables are nested too deeply");
  }

  std::vector<std::string> run() {
    while (at_ < text_.size()) step();
    flush();
    return std::move(words_);
  }

  std::string run_content() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == context_.escape && at_ + 1 < text_.size() && (text_[at_ + 1] == '$' || text_[at_ + 1] == c)) {
        word_ += text_[at_ + 1];
        at_ += 2;
      } else if (c == '$') {
        word_ += dollar();
      } else {
        word_ += c;
        ++at_;
      }
    }
    return std::move(word_);
  }

 private:
  void flush() {
    if (inside_) words_.push_back(std::move(word_));
    word_.clear();
    inside_ = false;
  }
  void add(char c) {
    word_ += c;
    inside_ = true;
  }

  void step() {
    const char c = text_[at_];
    if (c == '\'') {
      single_quoted();
    } else if (c == '"') {
      double_quoted();
    } else if (c == '$') {
      for (const char v : dollar()) {
        if (split_ && is_space(v)) {
          flush();
        } else {
          add(v);
        }
      }
    } else if (c == context_.escape) {
      // A lone escape at the end stands for itself.
      ++at_;
      add(at_ < text_.size() ? text_[at_++] : c);
    } else if (split_ && is_space(c)) {
      flush();
      ++at_;
    } else {
      add(c);
      ++at_;
    }
  }

  void single_quoted() {
    const size_t end = text_.find('\'', at_ + 1);
    if (end == std::string::npos) fail_at(context_.place, "a single quote is not closed: " + text_);
    word_ += text_.substr(at_ + 1, end - at_ - 1);
    inside_ = true;
    at_ = end + 1;
  }

  void double_quoted() {
    inside_ = true;
    for (++at_; at_ < text_.size();) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return;
      }
      if (c == '$') {
        word_ += dollar();
        continue;
      }
      if (c == context_.escape && at_ + 1 < text_.size()) {
        const char next = text_[at_ + 1];
        // Within double quotes only these lose their escape; elsewhere it stays.
        if (next != '"' && next != '$' && next != context_.escape) word_ += c;
        word_ += next;
        at_ += 2;
        continue;
      }
      word_ += c;
      ++at_;
    }
    fail_at(context_.place, "a double quote is not closed: " + text_);
  }

  // At '$'. The replacement.
  std::string dollar() {
    ++at_;
    if (at_ < text_.size() && text_[at_] == '{') return braced();
    const std::string name = read_name();
    return name.empty() ? "$" : value_or_nothing(name);
  }

  std::string read_name() {
    const size_t start = at_;
    if (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])) != 0) {
      ++at_;  // positional parameters have one digit
    } else {
      while (at_ < text_.size() && is_name_char(text_[at_])) ++at_;
    }
    return text_.substr(start, at_ - start);
  }

  std::string value_or_nothing(const std::string& name) {
    const auto value = context_.lookup(name);
    if (!value && context_.unset) context_.unset(name);
    return value.value_or("");
  }

  // At '{'.
  std::string braced() {
    const size_t start = at_ - 1;
    ++at_;
    const std::string name = read_name();
    const size_t operator_at = at_;
    const size_t end = closing_brace(start);
    const std::string tail = text_.substr(operator_at, end - operator_at);
    at_ = end + 1;
    const std::string whole = text_.substr(start, at_ - start);
    if (name.empty()) fail_at(context_.place, whole + " has no variable name");
    if (tail.empty()) return value_or_nothing(name);
    const bool colon = tail[0] == ':';
    const char kind = colon ? (tail.size() > 1 ? tail[1] : '\0') : tail[0];
    const std::string operand = tail.substr(std::min<size_t>(tail.size(), colon ? 2 : 1));
    if (kind == '-' || kind == '+' || kind == '?') return conditional(name, kind, colon, operand);
    if (!colon && (kind == '#' || kind == '%')) return trimmed(name, kind, operand);
    if (!colon && kind == '/') return replaced(name, operand, whole);
    fail_at(context_.place, "unknown form of variable: " + whole);
  }

  // The brace that closes the one at `start`+1; nested ${...} and escapes are skipped.
  size_t closing_brace(size_t start) const {
    int open = 1;
    for (size_t i = at_; i < text_.size(); ++i) {
      if (text_[i] == context_.escape) {
        ++i;
      } else if (text_[i] == '$' && i + 1 < text_.size() && text_[i + 1] == '{') {
        ++open;
        ++i;
      } else if (text_[i] == '}' && --open == 0) {
        return i;
      }
    }
    fail_at(context_.place, "a brace is not closed: " + text_.substr(start));
  }

  std::string nested(const std::string& text) const {
    const auto words = Reader(text, context_, false, depth_ + 1).run();
    return words.empty() ? "" : words[0];
  }

  std::string conditional(const std::string& name, char kind, bool colon, const std::string& operand) const {
    const auto value = context_.lookup(name);
    const bool set = value && (!colon || !value->empty());
    if (kind == '-') return set ? *value : nested(operand);
    if (kind == '+') return set ? nested(operand) : "";
    if (set) return *value;
    const std::string message = nested(operand);
    fail_at(context_.place, name + ": " + (message.empty() ? "is not set or empty" : message));
  }

  std::string trimmed(const std::string& name, char kind, std::string operand) {
    const std::string value = value_or_nothing(name);
    const bool longest = !operand.empty() && operand[0] == kind;
    if (longest) operand.erase(0, 1);
    const Glob pattern = glob(operand);
    const size_t size = value.size();
    for (size_t i = 0; i <= size; ++i) {
      const size_t length = longest ? size - i : i;
      const std::string part = kind == '#' ? value.substr(0, length) : value.substr(size - length);
      if (pattern.matches(part)) return kind == '#' ? value.substr(length) : value.substr(0, size - length);
    }
    return value;
  }

  std::string replaced(const std::string& name, std::string operand, const std::string& whole) {
    const std::string value = value_or_nothing(name);
    const bool all = operand.starts_with('/');
    if (all) operand.erase(0, 1);
    size_t slash = 0;
    while (slash < operand.size() && operand[slash] != '/') slash += operand[slash] == '\\' ? 2 : 1;
    if (slash >= operand.size()) fail_at(context_.place, whole + " needs two slashes: ${name/pattern/text}");
    const Glob pattern = glob(operand.substr(0, slash));
    const std::string text = nested(operand.substr(slash + 1));
    std::string out;
    for (size_t at = 0; at < value.size();) {
      size_t length = value.size() - at;
      while (length > 0 && !pattern.matches(value.substr(at, length))) --length;
      if (length == 0) {
        out += value[at++];
        continue;
      }
      out += text;
      at += length;
      if (!all) return out + value.substr(at);
    }
    return out;
  }

  // Variables of a pattern are replaced; its escapes are the glob's own.
  Glob glob(const std::string& text) const {
    const std::string pattern = Reader(text, context_, false, depth_ + 1).run_pattern();
    try {
      return Glob(pattern, Glob::Dialect::kText);
    } catch (const std::invalid_argument& error) {
      fail_at(context_.place, "bad pattern '" + pattern + "': " + error.what());
    }
  }
  std::string run_pattern() {
    while (at_ < text_.size()) {
      if (text_[at_] == '$') {
        word_ += dollar();
      } else {
        word_ += text_[at_++];
      }
    }
    return std::move(word_);
  }

  const std::string& text_;
  const Context& context_;
  bool split_;
  int depth_;
  size_t at_ = 0;
  std::string word_;
  bool inside_ = false;
  std::vector<std::string> words_;
};

}  // namespace

std::string Expander::word(const std::string& text, const Place& place) const {
  const Context context{lookup_, unset_, escape_, place};
  const auto words = Reader(text, context, false, 0).run();
  return words.empty() ? "" : words[0];
}

std::vector<std::string> Expander::words(const std::string& text, const Place& place) const {
  const Context context{lookup_, unset_, escape_, place};
  return Reader(text, context, true, 0).run();
}

std::string Expander::content(const std::string& text, const Place& place) const {
  const Context context{lookup_, unset_, escape_, place};
  return Reader(text, context, false, 0).run_content();
}

}  // namespace engine::build
