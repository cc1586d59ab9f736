#include "engine/build/run_flags.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "engine/build/flags.h"
#include "engine/letter_case.h"

namespace engine::build {
namespace {

using Type = MountFlag::Type;

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// The fields of one line of CSV (RFC 4180): a field in quotes may hold commas, "" in it is a quote.
std::vector<std::string> csv_fields(const std::string& text, const Place& place) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      fields.back() += text[++i];
    } else if (c == '"' && (quoted || fields.back().empty())) {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  if (quoted) fail_at(place, "RUN --mount=" + text + ": a quote is not closed");
  return fields;
}

// What one type of mount takes.
const std::map<std::string, std::pair<Type, std::vector<std::string>>>& types() {
  static const std::map<std::string, std::pair<Type, std::vector<std::string>>> kTypes = {
      {"bind", {Type::kBind, {"target", "source", "from", "readonly", "readwrite"}}},
      {"cache",
       {Type::kCache,
        {"target", "source", "from", "readonly", "readwrite", "id", "sharing", "uid", "gid", "mode"}}},
      {"tmpfs", {Type::kTmpfs, {"target", "size"}}},
      {"secret", {Type::kSecret, {"target", "id", "required", "uid", "gid", "mode", "env"}}},
      {"ssh", {Type::kSsh, {"target", "id", "required", "uid", "gid", "mode"}}},
  };
  return kTypes;
}

std::string full_key(const std::string& key) {
  static const std::map<std::string, std::string> kShort = {{"dst", "target"},
                                                            {"destination", "target"},
                                                            {"src", "source"},
                                                            {"ro", "readonly"},
                                                            {"rw", "readwrite"}};
  const auto found = kShort.find(key);
  return found == kShort.end() ? key : found->second;
}

class MountParser {
 public:
  MountParser(const std::string& text, const Place& place,
              const std::function<std::string(const std::string&)>& expand)
      : text_(text), place_(place), expand_(expand) {}

  MountFlag run() {
    const std::vector<std::string> fields = csv_fields(text_, place_);
    std::string type = "bind";
    for (const std::string& field : fields) {
      if (field.starts_with("type=")) type = value_of(field.substr(5));
    }
    if (!known_) {
      for (const std::string& field : fields) {
        if (field.starts_with("from=")) mount_.from = field.substr(5);
      }
      return mount_;
    }
    const auto found = types().find(type);
    if (found == types().end()) {
      fail("there is no mount type '" + type + "'; there are bind, cache, tmpfs, secret and ssh");
    }
    mount_.type = found->second.first;
    for (const std::string& field : fields) take(type, found->second.second, field);
    check();
    return mount_;
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    fail_at(place_, "RUN --mount=" + text_ + ": " + message);
  }

  // A value with its variables replaced; before that can be done, `known_` tells that there are some.
  std::string value_of(const std::string& raw) {
    if (expand_) return expand_(raw);
    known_ = raw.find('$') == std::string::npos;
    return raw;
  }

  void take(const std::string& type, const std::vector<std::string>& allowed, const std::string& field) {
    const size_t equals = field.find('=');
    const std::string written = field.substr(0, equals);
    const std::string key = full_key(written);
    if (key == "type") return;
    if (std::find(allowed.begin(), allowed.end(), key) == allowed.end()) {
      fail("a mount of type " + type + " has no key '" + written + "'" + did_you_mean(written, allowed) +
           "; there are " + join(allowed));
    }
    const bool has_value = equals != std::string::npos;
    const std::string raw = has_value ? field.substr(equals + 1) : "";
    known_ = true;
    if (key == "readonly" || key == "readwrite" || key == "required") {
      const bool on = !has_value || truth(written, value_of(raw));
      if (!known_) return;
      if (key == "required") {
        mount_.required = on;
      } else {
        mount_.read_only = on == (key == "readonly");
      }
      return;
    }
    if (!has_value) fail("'" + written + "' needs a value: " + written + "=...");
    if (key == "from") {
      if (raw.find('$') != std::string::npos) {
        fail("variables are not possible in 'from'; name a stage instead: FROM " + raw +
             " AS name, with an ARG before the first FROM");
      }
      mount_.from = raw;
      return;
    }
    const std::string value = value_of(raw);
    if (known_) set(key, value);
  }

  void set(const std::string& key, const std::string& value) {
    if (key == "target") {
      mount_.target = value;
    } else if (key == "source") {
      mount_.source = value;
    } else if (key == "id") {
      mount_.id = value;
    } else if (key == "env") {
      mount_.env = value;
    } else if (key == "size") {
      mount_.size = bytes(value);
    } else if (key == "sharing") {
      mount_.sharing = sharing(value);
    } else {
      auto& number = key == "uid" ? mount_.uid : key == "gid" ? mount_.gid : mount_.mode;
      number = whole(key, value, key == "mode" ? 8 : 10);
    }
  }

  bool truth(const std::string& key, const std::string& value) const {
    if (!known_) return true;
    if (value == "true" || value == "1") return true;
    if (value != "false" && value != "0") fail("'" + key + "' is true or false, not '" + value + "'");
    return false;
  }

  uint32_t whole(const std::string& key, const std::string& value, int base) const {
    uint32_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number, base);
    if (error != std::errc() || end != value.data() + value.size() || (base == 8 && number > 07777)) {
      fail("'" + key + "' is " + (base == 8 ? "an octal mode such as 0600" : "a whole number") + ", not '" +
           value + "'");
    }
    return number;
  }

  // "64m", "1.5g", "4096"; powers of 1024, as Docker reads sizes.
  int64_t bytes(const std::string& value) const {
    double number = 0;
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), number, std::chars_format::fixed);
    std::string unit = lower_case({end, value.data() + value.size()});
    if (unit.size() > 1 && unit.back() == 'b') unit.pop_back();
    if (unit.size() > 1 && unit.back() == 'i') unit.pop_back();
    static constexpr std::string_view kUnits = "bkmgt";
    const size_t power = unit.empty() ? 0 : kUnits.find(unit);
    if (error != std::errc() || number < 0 || unit.size() > 1 || power == std::string_view::npos)
      fail("'size' is a number of bytes such as 64m, not '" + value + "'");
    for (size_t i = 0; i < power; ++i) number *= 1024;
    if (number > 9e18) fail("'size' is too large: '" + value + "'");
    return static_cast<int64_t>(number);
  }

  MountFlag::Sharing sharing(const std::string& value) const {
    if (value == "shared") return MountFlag::Sharing::kShared;
    if (value == "private") return MountFlag::Sharing::kPrivate;
    if (value == "locked") return MountFlag::Sharing::kLocked;
    fail("'sharing' is shared, private or locked, not '" + value + "'");
  }

  void check() const {
    const bool given = text_.find("target=") != std::string::npos ||
                       text_.find("dst=") != std::string::npos ||
                       text_.find("destination=") != std::string::npos;
    const bool needs_target =
        mount_.type == Type::kBind || mount_.type == Type::kCache || mount_.type == Type::kTmpfs;
    if (needs_target && (!given || (expand_ && mount_.target.empty())))
      fail("it needs a target: target=/path");
    if (mount_.type == Type::kSecret && mount_.id.empty() && !given && !mount_.env) {
      if (text_.find("id=") == std::string::npos) fail("it needs an id or a target");
    }
    if (mount_.type == Type::kCache && mount_.from.empty() && !mount_.source.empty())
      fail("'source' of a cache is a path in what 'from' names, and there is no 'from'");
  }

  const std::string& text_;
  const Place& place_;
  const std::function<std::string(const std::string&)>& expand_;
  MountFlag mount_;
  bool known_ = true;
};

void require_one_of(const std::string& name, const std::string& value, const std::vector<std::string>& known,
                    const Place& place) {
  if (std::find(known.begin(), known.end(), value) != known.end()) return;
  fail_at(place, "RUN --" + name + "=" + value + ": there are " + join(known) + did_you_mean(value, known));
}

}  // namespace

RunFlags take_run_flags(std::string& rest, const Place& place, char escape) {
  static const std::vector<std::string> kKnown = {"mount", "network", "security"};
  RunFlags flags;
  std::vector<std::string> seen;
  while (rest.starts_with("--")) {
    const std::string word = take_flag_word(rest, escape);
    if (word == "--") break;
    const size_t equals = word.find('=');
    const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
    if (name == "device") {
      fail_at(place, "RUN --device is not supported; give the device to a container instead");
    }
    if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end())
      fail_at(place, "RUN has no flag --" + name + did_you_mean(name, kKnown));
    if (equals == std::string::npos) fail_at(place, "RUN --" + name + " needs a value: --" + name + "=...");
    const std::string value = word.substr(equals + 1);
    if (name == "mount") {
      parse_mount(value, place, {});
      flags.mounts.push_back(value);
      continue;
    }
    if (std::find(seen.begin(), seen.end(), name) != seen.end())
      fail_at(place, "RUN --" + name + " is given twice");
    seen.push_back(name);
    if (name == "network") {
      require_one_of(name, value, {"default", "none", "host"}, place);
      flags.network = value;
    } else {
      require_one_of(name, value, {"sandbox", "insecure"}, place);
      flags.security = value;
    }
  }
  return flags;
}

MountFlag parse_mount(const std::string& text, const Place& place,
                      const std::function<std::string(const std::string&)>& expand) {
  return MountParser(text, place, expand).run();
}

}  // namespace engine::build
