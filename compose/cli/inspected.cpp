#include "compose/cli/inspected.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "compose/cli/failure.h"
#include "compose/ui/template.h"
#include "engine/error.h"

namespace compose::cli {
namespace {

using nlohmann::ordered_json;

std::string rendered(const std::string& format, const std::vector<ordered_json>& objects) {
  try {
    const ui::Template output(format);
    std::string text;
    for (const ordered_json& object : objects) text += output.render(object) + '\n';
    return text;
  } catch (const ui::TemplateError& error) {
    throw CommandError(std::string("--format: ") + error.what());
  }
}

}  // namespace

int inspect_all(Context& context, const Words& names, const std::string& format,
                const std::function<ordered_json(const std::string& name)>& describe) {
  const bool is_template = !format.empty() && format != "json";
  if (is_template) rendered(format, {});  // a bad one is told before anything else
  std::vector<ordered_json> objects;
  std::vector<std::string> failures;
  for (const std::string& name : names) {
    try {
      objects.push_back(describe(name));
    } catch (const CommandError& error) {
      failures.emplace_back(error.what());
    } catch (const engine::Error& error) {
      failures.emplace_back(error.what());
    }
  }
  print(is_template
            ? rendered(format, objects)
            : ordered_json(objects).dump(4, ' ', false, ordered_json::error_handler_t::replace) + '\n');
  for (const std::string& failure : failures) context.show_error(failure);
  return failures.empty() ? 0 : 1;
}

}  // namespace compose::cli
