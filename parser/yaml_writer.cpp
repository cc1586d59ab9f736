#include "parser/yaml_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "parser/node.h"

namespace parser {

namespace {

using Json = nlohmann::ordered_json;

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

// True for plain text that some YAML reader (1.1 or 1.2) takes for a null, boolean, number or date.
bool reads_as_other(const std::string& text) {
  static constexpr std::string_view kWords[] = {"null", "~",   "true", "false", "yes", "no",
                                                "on",   "off", "y",    "n",     "=",   "<<"};
  std::string small = text;
  std::transform(small.begin(), small.end(), small.begin(), [](unsigned char c) { return std::tolower(c); });
  if (std::find(std::begin(kWords), std::end(kWords), small) != std::end(kWords)) return true;
  Node node = Node::scalar(text, {});
  node.plain = true;
  if (scalar_type(node) != ScalarType::kString) return true;
  // 1_000, 0b1, 22:22, 2001-12-14: a digit first and nothing but what such forms are made of.
  const bool digit_first = std::isdigit(static_cast<unsigned char>(text[0])) != 0 ||
                           (text.size() > 1 && (text[0] == '-' || text[0] == '+' || text[0] == '.') &&
                            std::isdigit(static_cast<unsigned char>(text[1])) != 0);
  const bool address = std::count(text.begin(), text.end(), '.') > 1;  // 10.0.0.1
  return digit_first && !address && text.find_first_not_of("0123456789_:.-+eEbTtZz ") == std::string::npos;
}

bool is_plain_safe(const std::string& text) {
  static constexpr std::string_view kIndicators = "-?:,[]{}#&*!|>'\"%@`";
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (kIndicators.find(text[0]) != std::string_view::npos) {
    const bool dash_word = text[0] == '-' && text.size() > 1 && text[1] != ' ' && text.rfind("---", 0) != 0;
    if (!dash_word) return false;
  }
  if (text.rfind("...", 0) == 0) return false;
  return text.find(": ") == std::string::npos && text.find(" #") == std::string::npos &&
         std::none_of(text.begin(), text.end(), is_control);
}

std::string double_quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        out += is_control(c) ? fmt::format("\\x{:02x}", static_cast<unsigned char>(c)) : std::string(1, c);
    }
  }
  return out + "\"";
}

std::string single_quoted(const std::string& text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

std::string one_line(const std::string& text) {
  if (std::any_of(text.begin(), text.end(), is_control)) return double_quoted(text);
  if (text.empty() || reads_as_other(text)) return double_quoted(text);
  return is_plain_safe(text) ? text : single_quoted(text);
}

// A block keeps its text only if that starts with a visible character and holds no other control character.
bool fits_block(const std::string& text) {
  if (text.find('\n') == std::string::npos || text[0] == ' ' || text[0] == '\n') return false;
  if (text.size() > 1 && text.back() == '\n' && text[text.size() - 2] == '\n') return false;
  return std::none_of(text.begin(), text.end(), [](char c) { return c != '\n' && is_control(c); });
}

class Writer {
 public:
  std::string take() { return std::move(out_); }

  // The cursor is behind "key:" or "-"; writes the value and the line's end.
  void value_after(const Json& value, int indent, bool in_list) {
    if (value.is_object() && !value.empty()) {
      if (in_list) {
        out_ += ' ';
        map(value, indent, true);
      } else {
        out_ += '\n';
        map(value, indent, false);
      }
    } else if (value.is_array() && !value.empty()) {
      out_ += '\n';
      list(value, indent);
    } else {
      out_ += ' ' + scalar(value, indent) + '\n';
    }
  }

  void map(const Json& value, int indent, bool first_in_place) {
    for (const auto& [key, item] : value.items()) {
      if (!first_in_place) out_.append(static_cast<size_t>(indent), ' ');
      first_in_place = false;
      const std::string name = one_line(key);
      if (name.size() > kLongestKey)
        out_ += "? " + name + '\n' + std::string(static_cast<size_t>(indent), ' ') + ":";
      else
        out_ += name + ":";
      value_after(item, indent + kStep, false);
    }
  }

 private:
  static constexpr int kStep = 2;
  // Before a longer one no ':' makes it a key: YAML 1.2, 7.4.2, implicit keys.
  static constexpr size_t kLongestKey = 1000;

  void list(const Json& value, int indent) {
    for (const Json& item : value) {
      out_.append(static_cast<size_t>(indent), ' ');
      out_ += '-';
      value_after(item, indent + kStep, true);
    }
  }

  static std::string scalar(const Json& value, int indent) {
    if (value.is_object()) return "{}";
    if (value.is_array()) return "[]";
    if (!value.is_string()) return value.dump();
    const auto& text = value.get_ref<const std::string&>();
    return fits_block(text) ? block(text, indent) : one_line(text);
  }

  static std::string block(const std::string& text, int indent) {
    const bool ends_in_newline = text.back() == '\n';
    std::string out = ends_in_newline ? "|" : "|-";
    std::string_view rest = text;
    if (ends_in_newline) rest.remove_suffix(1);
    for (;;) {
      const size_t end = rest.find('\n');
      const std::string_view line = rest.substr(0, end);
      out += '\n';
      if (!line.empty()) out += std::string(static_cast<size_t>(indent), ' ') + std::string(line);
      if (end == std::string_view::npos) return out;
      rest.remove_prefix(end + 1);
    }
  }

  std::string out_;
};

}  // namespace

std::string write_yaml(const Json& value) {
  if (!value.is_object() || value.empty()) return "{}\n";
  Writer writer;
  writer.map(value, 0, false);
  return writer.take();
}

}  // namespace parser
