// A file of variables of any bytes is read or reported, in both formats; every name it gives can be one.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "parser/dotenv.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const parser::Lookup lookup = [](const std::string& name) -> std::optional<std::string> {
    if (name == "A") return "1";
    return std::nullopt;
  };
  for (const auto format : {parser::DotenvFormat::kQuoted, parser::DotenvFormat::kRaw}) {
    parser::Report report;
    const parser::Source& source =
        report.add_source("fuzz.env", std::string(reinterpret_cast<const char*>(data), size));
    for (const parser::Variable& variable : parser::parse_dotenv(source, format, lookup, report))
      if (variable.name.empty() || variable.name.find('=') != std::string::npos) std::abort();
    report.diagnostics();
  }
  return 0;
}
