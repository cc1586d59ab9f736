#pragma once
// JSON from outside: its size is bounded by who read it, its depth here, before anything is built of it.
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace engine {

// An object; a list. Throws engine::Error(kInvalid) naming `what` for anything else, and when objects and
// lists are nested more than 64 deep.
nlohmann::json parse_object(const std::string& text, const std::string& what);
nlohmann::json parse_list(const std::string& text, const std::string& what);

// A member that is a string, or ""; a whole number that is not negative, or nothing.
std::string text_member(const nlohmann::json& object, const char* name);
std::optional<int64_t> size_member(const nlohmann::json& object, const char* name);
// A member that is a list; null when there is none.
const nlohmann::json* list_member(const nlohmann::json& object, const char* name);
const nlohmann::json* object_member(const nlohmann::json& object, const char* name);

}  // namespace engine
