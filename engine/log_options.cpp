#include "engine/log_options.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>

#include "engine/error.h"

namespace engine {

namespace {

using Options = std::map<std::string, std::string>;

constexpr int64_t kLocalSize = 20 << 20;
constexpr int kLocalFiles = 5;
constexpr size_t kShortId = 12;

[[noreturn]] void invalid(const std::string& what) {
  throw Error(Error::Kind::kInvalid, "logging: " + what);
}

std::string option(const Options& options, const char* name) {
  const auto found = options.find(name);
  return found == options.end() ? "" : found->second;
}

// "10m", "10mb", "10 MB"; -1: no limit.
int64_t bytes_of(const std::string& text) {
  size_t end = 0;
  double number = 0;
  try {
    number = std::stod(text, &end);
  } catch (const std::exception&) {
    invalid("max-size '" + text + "' is not a size");
  }
  if (number < 0) return 0;
  std::string unit;
  for (const char c : text.substr(end))
    if (c != ' ') unit += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (unit.size() > 1 && unit.back() == 'b') unit.pop_back();
  if (unit.size() > 1 && unit.back() == 'i') unit.pop_back();
  // Unlike those of memory, and whatever is written: Docker reads 10m as ten million here.
  static const std::map<std::string, double> kUnits = {{"", 1},    {"b", 1},   {"k", 1e3},
                                                       {"m", 1e6}, {"g", 1e9}, {"t", 1e12}};
  const auto scale = kUnits.find(unit);
  if (scale == kUnits.end() || number == 0) invalid("max-size '" + text + "' is not a size");
  return static_cast<int64_t>(number * scale->second);
}

int files_of(const std::string& text) {
  int number = 0;
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  if (digits && text.size() < 6) number = std::stoi(text);
  if (number < 1) invalid("max-file '" + text + "' is not a whole number, 1 or more");
  return number;
}

bool is_true(const std::string& text) {
  for (const char* word : {"1", "t", "T", "true", "TRUE", "True"})
    if (text == word) return true;
  for (const char* word : {"0", "f", "F", "false", "FALSE", "False"})
    if (text == word) return false;
  invalid("compress '" + text + "' is not true or false");
}

struct Rotation {
  int64_t size = 0;
  int files = 1;
  bool compress = false;
};

Rotation rotation_of(const LogConfig& log) {
  const bool local = log.driver == "local";
  const std::string size = option(log.options, "max-size"), files = option(log.options, "max-file"),
                    compress = option(log.options, "compress");
  Rotation rotation{local ? kLocalSize : 0, local ? kLocalFiles : 1, false};
  if (!size.empty()) rotation.size = bytes_of(size);
  if (!files.empty()) rotation.files = files_of(files);
  const bool can = rotation.size > 0 && rotation.files > 1;
  rotation.compress = compress.empty() ? local && can : is_true(compress);
  if (rotation.compress && !can)
    invalid("compress needs a max-size and a max-file of 2 or more, as only full files are compressed");
  return rotation;
}

// What Docker's `tag` may name. The engine has no name of its own.
using Fields = std::map<std::string, std::string>;

Fields fields_of(const std::string& id, const ContainerConfig& config, const std::string& image_id) {
  const std::string digest = image_id.substr(image_id.find(':') + 1);
  return {{"ID", id.substr(0, kShortId)}, {"FullID", id},
          {"Name", config.name},          {"ImageID", digest.substr(0, kShortId)},
          {"ImageFullID", image_id},      {"ImageName", config.image},
          {"DaemonName", "compose"}};
}

std::string expand_tag(const std::string& tag, const Fields& fields) {
  std::string text;
  size_t from = 0;
  for (;;) {
    const size_t open = tag.find("{{", from);
    text += tag.substr(from, open - from);
    if (open == std::string::npos) return text;
    const size_t close = tag.find("}}", open);
    if (close == std::string::npos) invalid("tag '" + tag + "': a '{{' is never closed");
    std::string name = tag.substr(open + 2, close - open - 2);
    std::erase(name, ' ');
    const auto field = name.starts_with('.') ? fields.find(name.substr(1)) : fields.end();
    if (field == fields.end())
      invalid("tag '" + tag + "': there is no '" + name +
              "'; there are .ID, .FullID, .Name, .ImageID, .ImageFullID, .ImageName and .DaemonName");
    text += field->second;
    from = close + 2;
  }
}

std::regex pattern_of(const std::string& name, const std::string& text) {
  try {
    return std::regex(text);
  } catch (const std::regex_error& error) {
    invalid(name + " '" + text + "' is not a regular expression: " + error.what());
  }
}

bool is_listed(const std::string& list, const std::string& name) {
  return (',' + list + ',').find(',' + name + ',') != std::string::npos;
}

// Those of `from` that the options `kind` and `kind`-regex choose.
void choose(nlohmann::json& attrs, const Options& options, const std::string& kind,
            const std::map<std::string, std::string>& from) {
  const std::string list = option(options, kind.c_str()), text = option(options, (kind + "-regex").c_str());
  if (list.empty() && text.empty()) return;
  const std::regex pattern = pattern_of(kind + "-regex", text);
  for (const auto& [name, value] : from) {
    const bool matches = !text.empty() && std::regex_search(name, pattern);
    if (matches || (!list.empty() && is_listed(list, name))) attrs[name] = value;
  }
}

std::string attrs_of(const Spec& spec, const ContainerConfig& config, const StoredImage& image) {
  nlohmann::json attrs = nlohmann::json::object();
  std::map<std::string, std::string> labels = image.config.labels, env;
  for (const auto& [name, value] : config.labels) labels[name] = value;
  for (const std::string& entry : spec.env) {
    const size_t equals = entry.find('=');
    if (equals != std::string::npos) env[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  choose(attrs, config.log.options, "labels", labels);
  choose(attrs, config.log.options, "env", env);
  const std::string tag = option(config.log.options, "tag");
  if (!tag.empty()) attrs["tag"] = expand_tag(tag, fields_of(spec.id, config, image.id));
  return attrs.empty() ? "" : attrs.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void check_log(const ContainerConfig& config) {
  const LogConfig& log = config.log;
  if (log.driver == "none") {
    if (!log.options.empty()) invalid("driver none has no option '" + log.options.begin()->first + "'");
    return;
  }
  if (log.driver != "json-file" && log.driver != "local")
    invalid("there is no driver '" + log.driver + "'; there are json-file, local and none");
  static const char* const kKnown[] = {"max-size", "max-file",     "compress",  "labels",
                                       "env",      "labels-regex", "env-regex", "tag"};
  for (const auto& [name, value] : log.options) {
    // As Docker's default has it: the container waits for the log.
    if (name == "mode" && value == "blocking") continue;
    if (std::find(std::begin(kKnown), std::end(kKnown), name) == std::end(kKnown))
      invalid("driver " + log.driver + " has no option '" + name + "'");
  }
  rotation_of(log);
  pattern_of("labels-regex", option(log.options, "labels-regex"));
  pattern_of("env-regex", option(log.options, "env-regex"));
  expand_tag(option(log.options, "tag"), fields_of("", config, ""));
}

void set_log(Spec& spec, const ContainerConfig& config, const StoredImage& image) {
  if (config.log.driver == "none") return;
  const Rotation rotation = rotation_of(config.log);
  spec.log_path = spec.state_dir + "/container.log";
  spec.log_max_size = rotation.size;
  spec.log_max_file = rotation.files;
  spec.log_compress = rotation.compress;
  spec.log_attrs = attrs_of(spec, config, image);
}

}  // namespace engine
