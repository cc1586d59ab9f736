#include "engine/image/bounded_json.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "engine/error.h"

namespace engine {

using nlohmann::json;

namespace {

constexpr int kDepth = 64;

int depth_of(const std::string& text) {
  int depth = 0, deepest = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

const json* member(const json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

json parse(const std::string& text, const std::string& what) {
  if (depth_of(text) > kDepth)
    throw Error(Error::Kind::kInvalid,
                what + ": its JSON is nested more than " + std::to_string(kDepth) + " deep");
  json value = json::parse(text, nullptr, false);
  if (value.is_discarded()) throw Error(Error::Kind::kInvalid, what + ": not valid JSON");
  return value;
}

}  // namespace

json parse_object(const std::string& text, const std::string& what) {
  json value = parse(text, what);
  if (!value.is_object()) throw Error(Error::Kind::kInvalid, what + ": not a JSON object");
  return value;
}

json parse_list(const std::string& text, const std::string& what) {
  json value = parse(text, what);
  if (!value.is_array()) throw Error(Error::Kind::kInvalid, what + ": not a JSON list");
  return value;
}

std::string text_member(const json& object, const char* name) {
  const json* found = member(object, name);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<int64_t> size_member(const json& object, const char* name) {
  const json* found = member(object, name);
  if (found == nullptr || !found->is_number_integer()) return std::nullopt;
  if (found->is_number_unsigned()) {
    const auto value = found->get<uint64_t>();
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
    return static_cast<int64_t>(value);
  }
  const auto value = found->get<int64_t>();
  if (value < 0) return std::nullopt;
  return value;
}

const json* list_member(const json& object, const char* name) {
  const json* found = member(object, name);
  return found != nullptr && found->is_array() ? found : nullptr;
}

const json* object_member(const json& object, const char* name) {
  const json* found = member(object, name);
  return found != nullptr && found->is_object() ? found : nullptr;
}

}  // namespace engine
