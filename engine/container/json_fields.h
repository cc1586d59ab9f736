#pragma once
// Members of a plain struct to JSON and back. A struct takes part by a function `describe(archive, value)` in
// its namespace that names every member once; writing and reading both go through it, so they cannot drift
// apart; see engine/json_usual.h for what is not written. Enums take part by `to_string(value)` and
// `bool from_string(text, value)`. Internal to this room.
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "engine/error.h"
#include "engine/json_usual.h"

namespace engine::json_fields {

using nlohmann::json;

struct AnyArchive {
  template <typename T>
  void operator()(const char*, T&) {}
};
template <typename T>
concept Described = requires(AnyArchive archive, T& value) {
  describe(archive, value);
};

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};

template <typename T>
json encode(const T& value);

struct Writer {
  json& object;
  template <typename T>
  void operator()(const char* key, const T& value) {
    object[key] = encode(value);
  }
};

template <typename T>
json all_members(const T& value) {
  json object = json::object();
  Writer writer{object};
  describe(writer, value);
  return object;
}

template <typename T>
json encode(const T& value) {
  if constexpr (IsVector<T>::value) {
    json array = json::array();
    for (const auto& item : value) array.push_back(encode(item));
    return array;
  } else if constexpr (Described<const T>) {
    static const json usual = all_members(T{});
    return without_usual(all_members(value), usual);
  } else if constexpr (std::is_enum_v<T>) {
    return to_string(value);
  } else {
    return json(value);
  }
}

template <typename T>
void decode(const json& from, const std::string& path, T& value);

// Reads the keys of one object; a key that is missing keeps the member's default, a key nobody asked for is
// an error: a file written by another version must not be half understood.
struct Reader {
  const json& object;
  const std::string& path;
  size_t known = 0;
  template <typename T>
  void operator()(const char* key, T& value) {
    const auto found = object.find(key);
    if (found == object.end()) return;
    ++known;
    decode(*found, path.empty() ? key : path + '.' + key, value);
  }
};

struct KeyCollector {
  std::vector<std::string> keys;
  template <typename T>
  void operator()(const char* key, T&) {
    keys.emplace_back(key);
  }
};

template <typename T>
[[noreturn]] void unknown_key(const json& object, const std::string& path, T& value) {
  KeyCollector collector;
  describe(collector, value);
  for (const auto& item : object.items()) {
    bool known = false;
    for (const std::string& key : collector.keys) known = known || key == item.key();
    if (!known) {
      throw Error(Error::Kind::kInvalid, "unknown key " + (path.empty() ? "" : path + '.') + item.key());
    }
  }
  throw Error(Error::Kind::kInternal, "repeated key in " + path);
}

template <typename T>
void decode(const json& from, const std::string& path, T& value) {
  const auto wrong = [&](const char* expected) {
    throw Error(Error::Kind::kInvalid,
                "key " + path + ": expected " + expected + ", found " + from.type_name());
  };
  if constexpr (IsVector<T>::value) {
    if (!from.is_array()) wrong("an array");
    value.clear();
    for (const json& item : from) {
      typename T::value_type element{};
      decode(item, path + '[' + std::to_string(value.size()) + ']', element);
      value.push_back(std::move(element));
    }
  } else if constexpr (Described<T>) {
    if (!from.is_object()) wrong("an object");
    Reader reader{from, path};
    describe(reader, value);
    if (reader.known != from.size()) unknown_key(from, path, value);
  } else if constexpr (std::is_enum_v<T>) {
    if (!from.is_string() || !from_string(from.get_ref<const std::string&>(), value)) wrong("a known word");
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!from.is_string()) wrong("a string");
    value = from.get_ref<const std::string&>();
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!from.is_boolean()) wrong("true or false");
    value = from.get<bool>();
  } else if constexpr (std::is_floating_point_v<T>) {
    if (!from.is_number()) wrong("a number");
    value = from.get<T>();
  } else {
    if (!from.is_number_integer()) wrong("an integer");
    value = from.get<T>();
  }
}

enum class BadBytes { kRefuse, kReplace };

// `bad_bytes`: what becomes of strings that are no UTF-8, which JSON cannot hold: engine::Error(kInvalid) or
// U+FFFD.
template <typename T>
std::string write(const T& value, BadBytes bad_bytes) {
  const auto handler =
      bad_bytes == BadBytes::kRefuse ? json::error_handler_t::strict : json::error_handler_t::replace;
  try {
    return encode(value).dump(-1, ' ', false, handler);
  } catch (const json::exception& error) {
    throw Error(Error::Kind::kInvalid, std::string("a string is not valid UTF-8: ") + error.what());
  }
}

// `what` names the document in errors. Throws engine::Error(kInvalid).
template <typename T>
T read(const std::string& text, const std::string& what) {
  const json document = json::parse(text, nullptr, false);
  if (document.is_discarded()) throw Error(Error::Kind::kInvalid, what + ": not JSON");
  T value{};
  try {
    decode(document, "", value);
  } catch (const Error& error) {
    throw Error(error.kind(), what + ": " + error.what());
  }
  return value;
}

}  // namespace engine::json_fields
