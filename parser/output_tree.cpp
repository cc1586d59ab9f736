#include "parser/output_tree.h"

#include "parser/units.h"

namespace parser {

void put(Json& map, const char* key, const std::string& value) {
  if (!value.empty()) map[key] = value;
}
void put(Json& map, const char* key, const std::vector<std::string>& values) {
  if (!values.empty()) map[key] = values;
}
void append(Json& map, const std::string& key, Json value) {
  if (map.is_null()) map = Json::object();
  map.get_ref<Json::object_t&>().emplace_back(key, std::move(value));
}
void put(Json& map, const char* key, const StringMap& values) {
  if (values.empty()) return;
  Json& object = map[key];
  for (const auto& [name, value] : values) append(object, name, value);
}
void put(Json& map, const char* key, const OptionalMap& values) {
  if (values.empty()) return;
  Json& object = map[key];
  for (const auto& [name, value] : values) append(object, name, value ? Json(*value) : Json());
}
void put(Json& map, const char* key, bool value) {
  if (value) map[key] = true;
}
void put_number(Json& map, const char* key, int64_t value) {
  if (value != 0) map[key] = value;
}
void put_size(Json& map, const char* key, int64_t value) {
  if (value != 0) map[key] = std::to_string(value);
}
void put(Json& map, const char* key, const std::optional<Duration>& value) {
  if (value) map[key] = format_duration(*value);
}
void put_extensions(Json& map, const Extensions& extensions) {
  for (const auto& [name, text] : extensions) map[name] = Json::parse(text);
}

}  // namespace parser
