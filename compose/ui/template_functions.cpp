#include <algorithm>
#include <cctype>
#include <compare>

#include "compose/ui/template_program.h"
#include "compose/ui/text.h"

namespace compose::ui::tmpl {

namespace {

using Arguments = std::vector<Value>;

constexpr int64_t kWidest = 10'000;  // of what is padded

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The arguments of one call, checked as they are taken.
class Call {
 public:
  Call(std::string name, const Arguments& arguments, size_t column)
      : name_(std::move(name)), arguments_(arguments), column_(column) {}

  [[noreturn]] void fail(const std::string& why) const { refuse(column_, name_ + ": " + why); }
  size_t count() const { return arguments_.size(); }
  void need(size_t least, size_t most) const {
    if (count() < least || count() > most) {
      fail("it takes " + std::to_string(least) + (least == most ? "" : " or more") + " arguments, not " +
           std::to_string(count()));
    }
  }
  const Json& at(size_t index) const { return arguments_[index].data; }
  bool is_map(size_t index) const { return arguments_[index].is_map; }
  std::string text(size_t index) const {
    if (!at(index).is_string()) fail("'" + to_text(at(index)) + "' is not a string");
    return at(index).get<std::string>();
  }
  int64_t number(size_t index) const {
    if (!at(index).is_number_integer()) fail("'" + to_text(at(index)) + "' is not a whole number");
    return at(index).get<int64_t>();
  }

 private:
  std::string name_;
  const Arguments& arguments_;
  size_t column_;
};

Json json_of(const Call& call) {
  call.need(1, 1);
  if (!call.at(0).is_object() || !call.at(0).contains("Labels")) return dump(call.at(0));
  Json row = call.at(0);
  row.erase("Label");  // what {{.Label "key"}} takes from: a method, not a field
  return dump(row);
}

Json length(const Call& call) {
  call.need(1, 1);
  const Json& value = call.at(0);
  if (value.is_string()) return value.get_ref<const std::string&>().size();
  if (value.is_null()) return 0;
  if (!value.is_structured()) call.fail("'" + to_text(value) + "' has no length");
  return value.size();
}

Json index(const Call& call) {
  call.need(1, 100);
  Json value = call.at(0);
  for (size_t i = 1; i < call.count(); ++i) {
    if (value.is_object()) {
      const auto found = value.find(call.text(i));
      Json next = found == value.end() ? Json("") : *found;
      value = std::move(next);
    } else if (value.is_array()) {
      const int64_t position = call.number(i);
      if (position < 0 || static_cast<size_t>(position) >= value.size()) {
        call.fail("there is no element " + std::to_string(position) + " of " + std::to_string(value.size()));
      }
      Json next = value[static_cast<size_t>(position)];
      value = std::move(next);
    } else if (value.is_null()) {
      return "";
    } else {
      call.fail("'" + to_text(value) + "' has no elements");
    }
  }
  return value;
}

Json join(const Call& call) {
  call.need(2, 2);
  std::string text;
  if (call.at(0).is_null()) return text;
  if (!call.at(0).is_array()) call.fail("'" + to_text(call.at(0)) + "' is not a list");
  for (size_t i = 0; i < call.at(0).size(); ++i)
    text += (i == 0 ? "" : call.text(1)) + to_text(call.at(0)[i]);
  return text;
}

Json split(const Call& call) {
  call.need(2, 2);
  const std::string text = call.text(0), separator = call.text(1);
  Json parts = Json::array();
  if (separator.empty()) call.fail("the separator is empty");
  for (size_t start = 0;;) {
    const size_t found = text.find(separator, start);
    parts.push_back(text.substr(start, found - start));
    if (found == std::string::npos) return parts;
    start = found + separator.size();
  }
}

template <int (*change)(int)>
Json change_case(const Call& call) {
  call.need(1, 1);
  std::string text = call.text(0);
  for (char& c : text) c = static_cast<char>(change(static_cast<unsigned char>(c)));
  return text;
}

Json title(const Call& call) {
  call.need(1, 1);
  std::string text = call.text(0);
  char before = ' ';
  for (char& c : text) {
    if (before == ' ') c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    before = c;
  }
  return text;
}

Json truncate(const Call& call) {
  call.need(2, 2);
  const std::string text = call.text(0);
  const int64_t size = call.number(1);
  return size < 0 || static_cast<size_t>(size) >= text.size() ? text
                                                              : text.substr(0, static_cast<size_t>(size));
}

std::string spaces(const Call& call, int64_t count) {
  if (count < 0 || count > kWidest) call.fail("the width " + std::to_string(count) + " is out of range");
  return std::string(static_cast<size_t>(count), ' ');
}

Json pad(const Call& call) {
  call.need(3, 3);
  if (call.text(0).empty()) return "";
  return spaces(call, call.number(1)) + call.text(0) + spaces(call, call.number(2));
}

Json print(const Call& call) {
  std::string text;
  for (size_t i = 0; i < call.count(); ++i) {
    // Go puts a space between two that are both no strings.
    if (i > 0 && !call.at(i).is_string() && !call.at(i - 1).is_string()) text += ' ';
    text += to_text(call.at(i));
  }
  return text;
}

Json println(const Call& call) {
  std::string text;
  for (size_t i = 0; i < call.count(); ++i) text += (i == 0 ? "" : " ") + to_text(call.at(i));
  return text + '\n';
}

// One verb of printf, "%-10s".
struct Verb {
  bool left = false, zero = false;
  int64_t width = 0;
  char letter = 0;
};

std::string format_one(const Call& call, const Verb& verb, const Json& value) {
  std::string text = to_text(value);
  switch (verb.letter) {
    case 's':
    case 'v':
      break;
    case 'q':
      text = value.is_string() ? dump(value) : text;
      break;
    case 'd':
      if (!value.is_number_integer()) call.fail("%d needs a whole number, not '" + text + "'");
      break;
    case 't':
      if (!value.is_boolean()) call.fail("%t needs true or false, not '" + text + "'");
      break;
    default:
      call.fail(std::string("%") + verb.letter + " is not supported");
  }
  const auto width = static_cast<int64_t>(display_width(text));
  if (verb.width > kWidest) call.fail("a width is out of range");
  if (verb.width <= width) return text;
  std::string filling = spaces(call, verb.width - width);
  if (verb.left) return text + filling;
  if (verb.zero && verb.letter == 'd') filling.assign(filling.size(), '0');
  return filling + text;
}

Json printf(const Call& call) {
  call.need(1, 100);
  const std::string format = call.text(0);
  std::string text;
  size_t next = 1;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      text += format[i];
      continue;
    }
    Verb verb;
    for (++i; i < format.size() && (format[i] == '-' || format[i] == '0'); ++i)
      (format[i] == '-' ? verb.left : verb.zero) = true;
    for (; i < format.size() && std::isdigit(static_cast<unsigned char>(format[i])) != 0; ++i)
      verb.width = std::min(verb.width * 10 + (format[i] - '0'), kWidest + 1);
    if (i == format.size()) call.fail("the format ends within a verb");
    verb.letter = format[i];
    if (verb.letter == '%') {
      text += '%';
      continue;
    }
    if (next == call.count()) call.fail(std::string("there is no value for %") + verb.letter);
    text += format_one(call, verb, call.at(next++));
  }
  if (next != call.count()) call.fail("there are more values than verbs");
  return text;
}

std::partial_ordering compare(const Call& call, size_t left, size_t right) {
  const Json &a = call.at(left), &b = call.at(right);
  if (a.is_number() && b.is_number()) return a.get<double>() <=> b.get<double>();
  if (a.is_string() && b.is_string()) return a.get<std::string>().compare(b.get<std::string>()) <=> 0;
  call.fail("'" + to_text(a) + "' and '" + to_text(b) + "' cannot be compared");
}

Json equal(const Call& call) {
  call.need(2, 100);
  for (size_t i = 1; i < call.count(); ++i) {
    if (call.at(0).type() != call.at(i).type() && !(call.at(0).is_number() && call.at(i).is_number()))
      call.fail("'" + to_text(call.at(0)) + "' and '" + to_text(call.at(i)) + "' cannot be compared");
    if (call.at(0) == call.at(i)) return true;
  }
  return false;
}

Json not_equal(const Call& call) {
  call.need(2, 2);
  return !equal(call).get<bool>();
}

Json less(const Call& call) {
  call.need(2, 2);
  return std::is_lt(compare(call, 0, 1));
}
Json less_or_equal(const Call& call) {
  call.need(2, 2);
  return std::is_lteq(compare(call, 0, 1));
}
Json greater(const Call& call) {
  call.need(2, 2);
  return std::is_gt(compare(call, 0, 1));
}
Json greater_or_equal(const Call& call) {
  call.need(2, 2);
  return std::is_gteq(compare(call, 0, 1));
}

// The first argument that decides, else the last.
template <bool decides>
Json logic(const Call& call) {
  call.need(1, 100);
  for (size_t i = 0; i < call.count(); ++i) {
    if (is_true(call.at(i)) == decides) return call.at(i);
  }
  return call.at(call.count() - 1);
}

Json negate(const Call& call) {
  call.need(1, 1);
  return !is_true(call.at(0));
}

struct Function {
  const char* name;
  Json (*run)(const Call& call);
};
constexpr Function kFunctions[] = {
    {"json", json_of},
    {"len", length},
    {"index", index},
    {"join", join},
    {"split", split},
    {"upper", change_case<std::toupper>},
    {"title", title},
    {"print", print},
    {"lower", change_case<std::tolower>},
    {"println", println},
    {"printf", printf},
    {"truncate", truncate},
    {"pad", pad},
    {"eq", equal},
    {"ne", not_equal},
    {"lt", less},
    {"le", less_or_equal},
    {"gt", greater},
    {"ge", greater_or_equal},
    {"and", logic<false>},
    {"or", logic<true>},
    {"not", negate},
};

}  // namespace

bool is_function(const std::string& name) {
  return std::any_of(std::begin(kFunctions), std::end(kFunctions),
                     [&](const Function& function) { return name == function.name; });
}

Value call(const std::string& name, const std::vector<Value>& arguments, size_t column) {
  for (const Function& function : kFunctions) {
    if (name == function.name) return {function.run(Call(name, arguments, column)), false};
  }
  refuse(column, "the function '" + name + "' is not supported");
}

bool is_true(const Json& value) {
  switch (value.type()) {
    case Json::value_t::boolean:
      return value.get<bool>();
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
      return value.get<double>() != 0;
    case Json::value_t::string:
      return !value.get_ref<const std::string&>().empty();
    default:
      return !value.empty();
  }
}

// As Go prints with %v.
std::string to_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "<no value>";
  if (value.is_array()) {
    std::string text = "[";
    for (size_t i = 0; i < value.size(); ++i) text += (i == 0 ? "" : " ") + to_text(value[i]);
    return text + ']';
  }
  if (value.is_object()) {
    std::vector<std::string> keys;
    for (const auto& item : value.items()) keys.push_back(item.key());
    std::sort(keys.begin(), keys.end());
    std::string text = "map[";
    for (const std::string& key : keys)
      text += (text.size() == 4 ? "" : " ") + key + ':' + to_text(value.at(key));
    return text + ']';
  }
  return dump(value);
}

}  // namespace compose::ui::tmpl
