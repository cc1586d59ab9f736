#include "compose/cli/name_values.h"

#include "compose/cli/failure.h"

namespace compose::cli {

std::map<std::string, std::string> name_values(const std::string& flag, const std::vector<std::string>& given,
                                               bool need_value) {
  std::map<std::string, std::string> map;
  for (const std::string& text : given) {
    const size_t equals = text.find('=');
    if (equals == 0 || text.empty() || (need_value && equals == std::string::npos))
      throw CommandError(flag + ": invalid value '" + text + "': it must be NAME=VALUE");
    map[text.substr(0, equals)] = equals == std::string::npos ? "" : text.substr(equals + 1);
  }
  return map;
}

}  // namespace compose::cli
