#include "compose/cli/container/flag_forms.h"

#include <algorithm>

namespace compose::cli {

using parser::FlagDocument;
using Words = std::vector<std::string>;

void text_form(FlagDocument& service, const std::string& attribute, const std::string& flag,
               const Words& values) {
  service.text(attribute, flag, values.back());
}

void list_form(FlagDocument& service, const std::string& attribute, const std::string& flag,
               const Words& values) {
  service.list(attribute, flag, values);
}

void pairs_form(FlagDocument& service, const std::string& attribute, const std::string& flag,
                const Words& values) {
  service.pairs(attribute, flag, values, false);
}

void full_pairs_form(FlagDocument& service, const std::string& attribute, const std::string& flag,
                     const Words& values) {
  service.pairs(attribute, flag, values, true);
}

void map_form(FlagDocument& service, const std::string& attribute, const std::string& flag,
              const Words& values) {
  for (const std::string& value : values) {
    const size_t equals = value.find('=');
    if (equals == 0 || equals == std::string::npos) {
      service.error(flag, "invalid value '" + value + "'", "it must be NAME=VALUE");
    } else {
      service.member(attribute, flag, value.substr(0, equals), value.substr(equals + 1));
    }
  }
}

void raw_files_form(FlagDocument& service, const std::string& attribute, const std::string& flag,
                    const Words& values) {
  for (const std::string& value : values)
    service.item(attribute, flag, {{"path", value}, {"required", "true"}, {"format", "raw"}});
}

void program_form(FlagDocument& service, const std::string& attribute, const std::string& flag,
                  const Words& values) {
  service.list(attribute, flag, values.back().empty() ? Words() : Words{values.back()});
}

void shell_form(FlagDocument& service, const std::string& attribute, const std::string& flag,
                const Words& values) {
  service.list(attribute, flag, {"CMD-SHELL", values.back()});
}

void seconds_form(FlagDocument& service, const std::string& attribute, const std::string& flag,
                  const Words& values) {
  const std::string& value = values.back();
  if (value.empty() || value.find_first_not_of("0123456789") != std::string::npos) {
    service.error(flag, "invalid value '" + value + "'", "it must be a number of seconds");
  } else {
    service.text(attribute, flag, value + "s");
  }
}

void limits_form(FlagDocument& service, const std::string& attribute, const std::string& flag,
                 const Words& values) {
  for (const std::string& value : values) {
    const size_t equals = value.find('='), colon = value.find(':');
    if (equals == 0 || equals == std::string::npos) {
      service.error(flag, "invalid value '" + value + "'", "write NAME=SOFT[:HARD]: nofile=1024:2048");
      continue;
    }
    const std::string name = value.substr(0, equals);
    const std::string soft =
        value.substr(equals + 1, colon == std::string::npos ? colon : colon - equals - 1);
    service.text(attribute + '/' + name + "/soft", flag, soft);
    service.text(attribute + '/' + name + "/hard", flag,
                 colon == std::string::npos ? soft : value.substr(colon + 1));
  }
}

namespace {

void device_values(FlagDocument& service, const std::string& attribute, const std::string& flag,
                   const Words& values, const char* name) {
  for (const std::string& value : values) {
    const size_t colon = value.rfind(':');
    if (colon == 0 || colon == std::string::npos || value[0] != '/') {
      service.error(flag, "invalid value '" + value + "'",
                    std::string("write DEVICE:") + (name == std::string("rate") ? "RATE" : "WEIGHT"));
      continue;
    }
    service.item(attribute, flag, {{"path", value.substr(0, colon)}, {name, value.substr(colon + 1)}});
  }
}

}  // namespace

void rates_form(FlagDocument& service, const std::string& attribute, const std::string& flag,
                const Words& values) {
  device_values(service, attribute, flag, values, "rate");
}

void weights_form(FlagDocument& service, const std::string& attribute, const std::string& flag,
                  const Words& values) {
  device_values(service, attribute, flag, values, "weight");
}

void containers_form(FlagDocument& service, const std::string& attribute, const std::string& flag,
                     const Words& values) {
  Words containers;
  for (const std::string& value : values) containers.push_back("container:" + value);
  service.list(attribute, flag, containers);
}

std::vector<std::pair<std::string, std::string>> comma_pairs(const std::string& text) {
  std::vector<std::string> fields{""};
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& field : fields) {
    const size_t equals = field.find('=');
    pairs.emplace_back(field.substr(0, equals),
                       equals == std::string::npos ? "true" : field.substr(equals + 1));
  }
  return pairs;
}

}  // namespace compose::cli
