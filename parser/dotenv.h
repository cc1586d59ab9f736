#pragma once
// Files of variables (.env, --env-file, env_file): K=V, `K: V`, export K=V, bare K (taken from outside),
// comments, single quotes literal but for \', double quotes with escapes and variables, both over several
// lines; BOM and CRLF tolerated. Source: Compose Specification, "env_file"; Docker docs, "Syntax for
// environment files".
#include <optional>
#include <string>
#include <vector>

#include "parser/report.h"
#include "parser/template.h"

namespace parser {

struct Variable {
  std::string name;
  std::optional<std::string> value;  // nothing: a bare name that is not set outside
};

enum class DotenvFormat {
  kQuoted,  // the grammar above
  kRaw,     // format: raw: lines NAME=value, bare NAME and comments; the value is all that follows '='
};

// Variables inside values are looked up by `outside` first, then among those read before. Errors carry file
// and line.
std::vector<Variable> parse_dotenv(const Source& source, DotenvFormat format, const Lookup& outside,
                                   Report& report);

}  // namespace parser
