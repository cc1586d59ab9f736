#include "compose/ui/log_record.h"

#include <nlohmann/json.hpp>

#include "compose/ui/timestamp.h"

namespace compose::ui {

std::optional<LogRecord> parse_log_record(std::string_view line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto text = json.find("log"), stream = json.find("stream"), time = json.find("time");
  if (text == json.end() || !text->is_string() || time == json.end() || !time->is_string())
    return std::nullopt;
  const auto moment = parse_rfc3339(time->get_ref<const std::string&>());
  if (!moment) return std::nullopt;
  return LogRecord{*moment, stream != json.end() && *stream == "stderr", text->get<std::string>()};
}

}  // namespace compose::ui
