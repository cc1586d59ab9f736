#pragma once
// Members of a plain struct to JSON and back. A struct takes part by a function `describe(archive, value)` in
// its namespace that names every member once; writing and reading both go through it, so they cannot drift
// apart. Members that are as in a new object are not written, as engine/model.cpp has it. Enums take part
// by `to_string(value)` and `bool from_string(text, value)`. Internal to this room.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/error.h"

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

enum class BadBytes { kRefuse, kReplace };

// Appends to a text. There is no tree of values in between: to build one took most of the time of asking for
// a container's start.
class Encoder {
 public:
  explicit Encoder(BadBytes bad_bytes) : bad_bytes_(bad_bytes) {}

  template <typename T>
  void value(const T& value) {
    if constexpr (IsVector<T>::value) {
      text_ += '[';
      for (const auto& item : value) {
        if (text_.back() != '[') text_ += ',';
        this->value(item);
      }
      text_ += ']';
    } else if constexpr (Described<const T>) {
      object(value);
    } else if constexpr (std::is_enum_v<T>) {
      string(to_string(value));
    } else if constexpr (std::is_same_v<T, std::string>) {
      string(value);
    } else if constexpr (std::is_same_v<T, bool>) {
      text_ += value ? "true" : "false";
    } else if constexpr (std::is_integral_v<T>) {
      text_ += std::to_string(value);
    } else {
      text_ += json(value).dump();
    }
  }

  std::string take() { return std::move(text_); }

 private:
  // Where the members of a new object are, in the order in which `describe` names them.
  struct Places {
    std::vector<const void*> members;
    template <typename T>
    void operator()(const char*, const T& member) {
      members.push_back(&member);
    }
  };
  struct Members {
    Encoder& encoder;
    const void* const* usual;
    template <typename T>
    void operator()(const char* key, const T& member) {
      encoder.member(key, member, *static_cast<const T*>(*usual++));
    }
  };

  template <typename T>
  void object(const T& value) {
    static const T usual{};
    static const Places places = [] {
      Places all;
      describe(all, usual);
      return all;
    }();
    text_ += '{';
    Members members{*this, places.members.data()};
    describe(members, value);
    text_ += '}';
  }

  // Unless it is as usual, which what is described shows by having no member, and a list when the text is the
  // same.
  template <typename T>
  void member(const char* key, const T& value, const T& usual) {
    if constexpr (IsVector<T>::value) {
      if (value.empty() && usual.empty()) return;
    } else if constexpr (!Described<const T>) {
      if (value == usual) return;
    }
    const size_t before = text_.size();
    if (text_.back() != '{') text_ += ',';
    string(key);
    text_ += ':';
    const size_t begin = text_.size();
    this->value(value);
    bool is_usual = false;
    if constexpr (Described<const T>) {
      is_usual = text_.compare(begin, std::string::npos, "{}") == 0;
    } else if constexpr (IsVector<T>::value) {
      if (!usual.empty()) {
        Encoder other(bad_bytes_);
        other.value(usual);
        is_usual = text_.compare(begin, std::string::npos, other.text_) == 0;
      }
    }
    if (is_usual) text_.resize(before);
  }

  void string(std::string_view value) {
    const bool is_plain = std::all_of(value.begin(), value.end(),
                                      [](char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; });
    if (is_plain) {
      text_ += '"';
      text_ += value;
      text_ += '"';
    } else {
      text_ += json(value).dump(
          -1, ' ', false,
          bad_bytes_ == BadBytes::kRefuse ? json::error_handler_t::strict : json::error_handler_t::replace);
    }
  }

  std::string text_;
  BadBytes bad_bytes_;
};

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

// `bad_bytes`: what becomes of strings that are no UTF-8, which JSON cannot hold: engine::Error(kInvalid) or
// U+FFFD.
template <typename T>
std::string write(const T& value, BadBytes bad_bytes) {
  try {
    Encoder encoder(bad_bytes);
    encoder.value(value);
    return encoder.take();
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
