#pragma once
// `compose config`: the project as one tree in the shape and key order of docker compose v2, from which both
// YAML and JSON are made. Inside of the parser only; the way in is parser/load.h.
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "parser/project.h"

namespace parser {

using Json = nlohmann::ordered_json;

// Put a member unless it is empty, false, zero or not given.
void put(Json& map, const char* key, const std::string& value);
void put(Json& map, const char* key, const std::vector<std::string>& values);
void put(Json& map, const char* key, const StringMap& values);
void put(Json& map, const char* key, bool value);
void put(Json& map, const char* key, const std::optional<Duration>& value);
void put_number(Json& map, const char* key, int64_t value);
void put_size(Json& map, const char* key, int64_t value);  // bytes: strings in this format
void put_extensions(Json& map, const Extensions& extensions);
// Without the search for the key that operator[] makes: for keys that come out of a map.
void append(Json& map, const std::string& key, Json value);

Json build_tree(const Build& build);
// `explicit_nulls`: JSON has command and entrypoint always, YAML only when given.
Json service_tree(const Service& service, bool explicit_nulls);
Json network_tree(const Network& network);
Json volume_tree(const Volume& volume);

}  // namespace parser
