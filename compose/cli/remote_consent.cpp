#include "compose/cli/remote_consent.h"

#include <algorithm>

#include "compose/cli/confirmation.h"
#include "compose/cli/failure.h"
#include "compose/ui/table.h"
#include "parser/paths.h"
#include "parser/variables.h"
#include "sys/late_library.h"

namespace compose::cli {
namespace {

constexpr char kWayOut[] = "-y says yes to all questions";

void require(bool agreement) {
  if (!agreement) throw CommandError("cancelled by the user");
}

void agree_to_includes(Context& context, const std::vector<std::string>& files) {
  std::string names;
  for (const auto& [reference, local] : context.remote_projects().fetched())
    if (std::find(files.begin(), files.end(), reference) == files.end()) names += "  " + reference + '\n';
  if (names.empty()) return;
  require(agreed("The project includes files from elsewhere:\n" + names +
                     "They can do to this machine what they want. Do you trust them?",
                 false, kWayOut));
}

void agree_to_variables(Context& context) {
  const parser::WrittenProject written = parser::load_as_written(context.load_options());
  ui::Table table({"VARIABLE", "VALUE", "SOURCE", "REQUIRED", "DEFAULT"});
  const auto variables = parser::variables_in(written.document.root);
  if (variables.empty()) return;
  for (const auto& [name, use] : variables) {
    const std::optional<std::string> value = context.find_variable(name);
    const std::string fallback = use.fallback.value_or("");
    const char* source = value ? "environment" : fallback.empty() ? "none" : "compose file";
    table.add({name,
               value              ? *value
               : fallback.empty() ? "<unset>"
                                  : fallback,
               source, use.required ? "yes" : "no", fallback});
  }
  require(agreed("The project has these variables:\n" + table.to_string() +
                     "Do you want to proceed with these variables?",
                 true, kWayOut));
}

}  // namespace

void agree_to_remote(Context& context, const parser::Project& project, bool assume_yes) {
  const std::vector<std::string> files = context.named_files();
  if (files.empty() || !parser::is_remote(files.front())) return;
  sys::want_libraries();  // before anybody is asked
  context.progress().note(files.front(), "Stored in " + project.working_dir);
  if (assume_yes || context.globals().dry_run) return;
  agree_to_includes(context, files);
  agree_to_variables(context);
}

}  // namespace compose::cli
