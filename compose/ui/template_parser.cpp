#include <cctype>
#include <charconv>
#include <set>

#include "compose/ui/template_program.h"

namespace compose::ui::tmpl {

namespace {

constexpr int kDeepest = 100;

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

struct Token {
  enum class Kind { kEnd, kWord, kField, kVariable, kString, kNumber, kSymbol };
  Kind kind = Kind::kEnd;
  std::string text;  // a field's or variable's without its mark
  size_t column = 1;
  bool touches = false;  // nothing stands between it and the token before
};

std::string trim_left(const std::string& text) {
  size_t start = 0;
  while (start < text.size() && is_space(text[start])) ++start;
  return text.substr(start);
}

std::string trim_right(std::string text) {
  while (!text.empty() && is_space(text.back())) text.pop_back();
  return text;
}

// What stands between {{ and }}.
class Lexer {
 public:
  Lexer(const std::string& text, size_t start, size_t end) : text_(text), at_(start), end_(end) {}

  Token next() {
    const size_t before = at_;
    while (at_ < end_ && is_space(text_[at_])) ++at_;
    Token token;
    token.column = at_ + 1;
    token.touches = at_ == before;
    if (at_ == end_) return token;
    const char c = text_[at_];
    if (c == '"' || c == '`') return string(token);
    if (c == '.' && at_ + 1 < end_ && is_word(text_[at_ + 1])) return named(token, Token::Kind::kField);
    if (c == '$') return named(token, Token::Kind::kVariable);
    const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (digit ||
        (c == '-' && at_ + 1 < end_ && std::isdigit(static_cast<unsigned char>(text_[at_ + 1])) != 0))
      return number(token);
    if (is_word(c)) {
      token.kind = Token::Kind::kWord;
      while (at_ < end_ && is_word(text_[at_])) token.text += text_[at_++];
      return token;
    }
    token.kind = Token::Kind::kSymbol;
    token.text = text_[at_++];
    if (token.text == ":" && at_ < end_ && text_[at_] == '=') token.text += text_[at_++];
    return token;
  }

 private:
  Token named(Token& token, Token::Kind kind) {
    token.kind = kind;
    for (++at_; at_ < end_ && is_word(text_[at_]);) token.text += text_[at_++];
    return token;
  }

  Token number(Token& token) {
    token.kind = Token::Kind::kNumber;
    token.text = text_[at_++];
    while (at_ < end_ && (is_word(text_[at_]) || text_[at_] == '.')) token.text += text_[at_++];
    return token;
  }

  Token string(Token& token) {
    token.kind = Token::Kind::kString;
    const char quote = text_[at_++];
    for (; at_ < end_ && text_[at_] != quote; ++at_) {
      if (text_[at_] != '\\' || quote == '`') {
        token.text += text_[at_];
        continue;
      }
      if (++at_ == end_) break;
      switch (text_[at_]) {
        case 'n':
          token.text += '\n';
          break;
        case 't':
          token.text += '\t';
          break;
        case 'r':
          token.text += '\r';
          break;
        case '\\':
        case '"':
          token.text += text_[at_];
          break;
        default:
          refuse(at_ + 1, std::string("the escape \\") + text_[at_] + " is not supported");
      }
    }
    if (at_ == end_) refuse(token.column, "the string does not end");
    ++at_;
    return token;
  }

  const std::string& text_;
  size_t at_, end_;
};

// The tokens of one action, read ahead by one.
class Action {
 public:
  Action(const std::string& text, size_t start, size_t end) : lexer_(text, start, end) { take(); }

  const Token& peek() const { return token_; }
  Token take() {
    Token token = token_;
    token_ = lexer_.next();
    return token;
  }
  bool is_word(const char* word) const { return token_.kind == Token::Kind::kWord && token_.text == word; }
  bool is_symbol(const char* symbol) const {
    return token_.kind == Token::Kind::kSymbol && token_.text == symbol;
  }
  void end() const {
    if (token_.kind != Token::Kind::kEnd) refuse(token_.column, "'" + token_.text + "' is not expected here");
  }

  Pipeline pipeline() {
    if (++depth_ > kDeepest) refuse(token_.column, "it is nested too deeply");
    Pipeline pipeline;
    pipeline.column = token_.column;
    Command first;
    if (token_.kind == Token::Kind::kVariable) first = declaration(pipeline);
    pipeline.commands.push_back(command(std::move(first)));
    while (is_symbol("|")) {
      take();
      pipeline.commands.push_back(command({}));
    }
    --depth_;
    return pipeline;
  }

 private:
  // "$v :=", "$v =" or "$k, $v :="; when it is none, the operand that the variable begins.
  Command declaration(Pipeline& pipeline) {
    Operand operand = begin_operand(take());
    if (is_symbol(",")) {
      pipeline.declared.push_back(operand.name);
      take();
      if (token_.kind != Token::Kind::kVariable) refuse(token_.column, "a variable is expected after ','");
      pipeline.declared.push_back(take().text);
      if (!is_symbol(":=")) refuse(token_.column, "':=' is expected");
      take();
      return {};
    }
    if (is_symbol(":=") || is_symbol("=")) {
      if (operand.name.empty()) refuse(operand.column, "$ cannot be set");
      pipeline.declared.push_back(operand.name);
      pipeline.assigns = take().text == "=";
      return {};
    }
    take_fields(operand);
    return Command{{std::move(operand)}};
  }

  Command command(Command command) {
    while (token_.kind != Token::Kind::kEnd && !is_symbol("|") && !is_symbol(")")) {
      Operand operand = begin_operand(take());
      take_fields(operand);
      command.words.push_back(std::move(operand));
    }
    if (command.words.empty()) refuse(token_.column, "a value is missing");
    const Operand& first = command.words.front();
    // Docker's rows have one method.
    if (command.words.size() == 2 && !first.fields.empty() && first.fields.back() == "Label") {
      Operand index;
      index.kind = Operand::Kind::kFunction;
      index.name = "index";
      index.column = first.column;
      command.words.insert(command.words.begin(), std::move(index));
    }
    const Operand& head = command.words.front();
    if (command.words.size() > 1 && head.kind != Operand::Kind::kFunction) {
      if (!head.fields.empty())
        refuse(head.column, "." + head.fields.back() + " with arguments is not supported");
      refuse(head.column, "only a function can have arguments");
    }
    return command;
  }

  Operand begin_operand(const Token& token) {
    Operand operand;
    operand.column = token.column;
    operand.name = token.text;
    switch (token.kind) {
      case Token::Kind::kField:
        operand.fields.push_back(token.text);
        return operand;
      case Token::Kind::kVariable:
        operand.kind = Operand::Kind::kVariable;
        return operand;
      case Token::Kind::kString:
        operand.kind = Operand::Kind::kLiteral;
        operand.literal = token.text;
        return operand;
      case Token::Kind::kNumber:
        operand.kind = Operand::Kind::kLiteral;
        operand.literal = number(token);
        return operand;
      case Token::Kind::kWord:
        return word(operand);
      default:
        break;
    }
    if (token.text == ".") return operand;
    if (token.text != "(") refuse(token.column, "'" + token.text + "' is not expected here");
    operand.kind = Operand::Kind::kGroup;
    operand.group = std::make_shared<Pipeline>(pipeline());
    if (!is_symbol(")")) refuse(token_.column, "')' is missing");
    take();
    return operand;
  }

  static Operand word(Operand operand) {
    operand.kind = Operand::Kind::kLiteral;
    if (operand.name == "true" || operand.name == "false") {
      operand.literal = operand.name == "true";
    } else if (operand.name != "nil") {
      if (!is_function(operand.name))
        refuse(operand.column, "the function '" + operand.name + "' is not supported");
      operand.kind = Operand::Kind::kFunction;
    }
    return operand;
  }

  static Json number(const Token& token) {
    int64_t value = 0;
    const char* const end = token.text.data() + token.text.size();
    const auto [stop, error] = std::from_chars(token.text.data(), end, value);
    if (error != std::errc() || stop != end)
      refuse(token.column, "the number " + token.text + " is not supported: only whole ones are");
    return value;
  }

  // ".A.B" right after a value.
  void take_fields(Operand& operand) {
    while (token_.kind == Token::Kind::kField && token_.touches) operand.fields.push_back(take().text);
  }

  Lexer lexer_;
  Token token_;
  int depth_ = 0;
};

class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  Nodes parse() {
    Nodes nodes = block(0);
    if (!stop_.empty()) refuse(stop_column_, "{{" + stop_ + "}} without a beginning");
    return nodes;
  }

 private:
  // Up to {{end}} or {{else}}, which `stop_` tells then, or to the end.
  Nodes block(int depth) {
    if (depth > kDeepest) refuse(at_ + 1, "it is nested too deeply");
    Nodes nodes;
    stop_.clear();
    while (at_ < text_.size()) {
      const size_t open = std::min(text_.find("{{", at_), text_.size());
      add_text(nodes, text_.substr(at_, open - at_), open);
      if (open == text_.size()) {
        at_ = open;
        break;
      }
      if (action(nodes, open, depth)) return nodes;
    }
    return nodes;
  }

  bool opens_with_trim(size_t open) const {
    return open + 3 < text_.size() && text_[open + 2] == '-' && is_space(text_[open + 3]);
  }

  void add_text(Nodes& nodes, std::string text, size_t open) {
    if (trim_next_) text = trim_left(text);
    trim_next_ = false;
    if (open < text_.size() && opens_with_trim(open)) text = trim_right(text);
    if (text.empty()) return;
    Node node;
    node.text = std::move(text);
    nodes.push_back(std::move(node));
  }

  // Where the action's }} is: not within a string.
  size_t closing(size_t open, size_t start) const {
    char quote = 0;
    for (size_t i = start; i + 1 < text_.size(); ++i) {
      if (quote != 0) {
        if (text_[i] == '\\' && quote == '"') {
          ++i;
        } else if (text_[i] == quote) {
          quote = 0;
        }
      } else if (text_[i] == '"' || text_[i] == '`') {
        quote = text_[i];
      } else if (text_[i] == '}' && text_[i + 1] == '}') {
        return i;
      }
    }
    refuse(open + 1, "the {{ has no }}");
  }

  // True when the block ends here.
  bool action(Nodes& nodes, size_t open, int depth) {
    size_t start = open + 2 + (opens_with_trim(open) ? 1 : 0);
    while (start < text_.size() && is_space(text_[start])) ++start;
    if (text_.compare(start, 2, "/*") == 0) {
      comment(open, start);
      return false;
    }
    const size_t close = closing(open, start);
    size_t end = close;
    if (end >= start + 2 && text_[end - 1] == '-' && is_space(text_[end - 2])) {
      trim_next_ = true;
      --end;
    }
    at_ = close + 2;
    Action words(text_, start, end);
    if (words.peek().kind == Token::Kind::kEnd) refuse(open + 1, "the action is empty");
    if (words.is_word("end") || words.is_word("else")) {
      stop_column_ = open + 1;
      stop_ = words.take().text;
      else_ = std::make_unique<Action>(std::move(words));
      if (stop_ == "end") else_->end();
      return true;
    }
    nodes.push_back(statement(words, open, depth));
    return false;
  }

  void comment(size_t open, size_t start) {
    const size_t close = text_.find("*/", start + 2);
    size_t after = close == std::string::npos ? close : close + 2;
    const bool trims = after != std::string::npos && after + 1 < text_.size() && is_space(text_[after]) &&
                       text_[after + 1] == '-';
    if (trims) after += 2;
    if (after == std::string::npos || text_.compare(after, 2, "}}") != 0)
      refuse(open + 1, "the comment has no */}}");
    trim_next_ = trims;
    at_ = after + 2;
  }

  Node statement(Action& words, size_t open, int depth) {
    static const std::set<std::string> kRefused{"template", "define", "block", "break", "continue"};
    Node node;
    node.kind = Node::Kind::kAction;
    if (words.peek().kind == Token::Kind::kWord) {
      const std::string& word = words.peek().text;
      if (kRefused.contains(word)) refuse(words.peek().column, "{{" + word + "}} is not supported");
      if (word == "if") node.kind = Node::Kind::kIf;
      if (word == "with") node.kind = Node::Kind::kWith;
      if (word == "range") node.kind = Node::Kind::kRange;
    }
    if (node.kind != Node::Kind::kAction) words.take();
    node.pipeline = words.pipeline();
    words.end();
    if (node.pipeline.declared.size() > 1 && node.kind != Node::Kind::kRange)
      refuse(node.pipeline.column, "only {{range}} sets two variables");
    if (node.kind != Node::Kind::kAction) read_body(node, open, depth);
    return node;
  }

  void read_body(Node& node, size_t open, int depth) {
    node.body = block(depth + 1);
    if (stop_ == "else") {
      const std::unique_ptr<Action> words = std::move(else_);
      if (words->is_word("if") || words->is_word("with")) {
        // {{else if}} is an {{if}} in the else that shares its {{end}}.
        node.otherwise.push_back(statement(*words, open, depth + 1));
        return;
      }
      words->end();
      node.otherwise = block(depth + 1);
      if (stop_ == "else") refuse(stop_column_, "a second {{else}}");
    }
    if (stop_ != "end") refuse(open + 1, "the {{end}} is missing");
    stop_.clear();
  }

  const std::string& text_;
  size_t at_ = 0;
  bool trim_next_ = false;
  std::string stop_;  // "end" or "else" that ended the last block
  size_t stop_column_ = 1;
  std::unique_ptr<Action> else_;  // its words
};

}  // namespace

void refuse(size_t column, const std::string& why) {
  throw TemplateError("template, column " + std::to_string(column) + ": " + why);
}

Nodes parse(const std::string& text) {
  return Parser(text).parse();
}

}  // namespace compose::ui::tmpl
