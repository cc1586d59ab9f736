#include <unistd.h>

#include <climits>
#include <filesystem>

#include "compose/cli/commands.h"
#include "compose/cli/docker_words.h"
#include "compose/cli/failure.h"
#include "compose/cli/lean.h"
#include "compose/cli/session.h"
#include "compose/plan/planner.h"
#include "compose/ui/terminal.h"
#include "engine/error.h"
#include "parser/diagnostic.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace compose::cli {
namespace {

parser::StringMap process_environment() {
  parser::StringMap map;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos) map.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return map;
}

// The folder as the shell calls it, so that a path through a symbolic link stays as the user knows it.
std::string working_directory(const parser::StringMap& environment) {
  std::error_code error;
  const auto pwd = environment.find("PWD");
  if (pwd != environment.end() && std::filesystem::equivalent(pwd->second, ".", error)) return pwd->second;
  return std::filesystem::current_path(error).string();
}

Words command_words(const CommandLine& line) {
  if (line.globals.version) return {"version"};
  Words words = line.args;
  if (!line.command.empty()) words.insert(words.begin(), line.command);
  return words;
}

int dispatch(Context& context, const CommandLine& line) {
  if (line.globals.version) return version_command(context, {});
  if (line.command.empty() || line.command == "help") {
    if (!line.args.empty()) return dispatch(context, {line.globals, line.args.front(), {"--help"}});
    parse_globals({"--help"}, command_list());
  }
  const Command* command = find_command(line.command);
  if (command == nullptr) throw CommandError(unknown_command(line.command));
  if (command->run == nullptr) throw CommandError("`compose " + line.command + "` is not supported yet");
  if (context.globals().dry_run && !command->can_dry_run)
    throw CommandError("`compose " + line.command + "` has no dry run");
  return command->run(context, line.args);
}

int usage_failure(const std::string& message, const std::string& command) {
  const bool known = !command.empty() && find_command(command) != nullptr;
  tell("error: " + message + "\nSee `compose " + (known ? command + ' ' : "") + "--help`.\n");
  return kExitError;
}

void show_diagnostics(Context* context, const parser::LoadError& error) {
  std::string text;
  const bool carets = ui::is_terminal(STDERR_FILENO);
  const parser::Document* files = context == nullptr ? nullptr : context->last_document();
  const bool later = files != nullptr && files->report != nullptr;  // found when the files had been read
  for (const auto& diagnostic : later ? files->report->placed(error.diagnostics()) : error.diagnostics()) {
    text += carets ? diagnostic.to_string_with_caret() : diagnostic.to_string();
    if (text.empty() || text.back() != '\n') text += '\n';
  }
  if (context != nullptr && context->globals().progress == "json" && !text.empty()) {
    text.pop_back();
    context->show_error(text);
  } else {
    tell(text);
  }
}

int run(const std::string& name, const std::vector<std::string>& args) {
  CommandLine line;
  std::unique_ptr<Context> context;
  const auto fail = [&](const std::string& message) {
    if (context) {
      context->show_error(message);
    } else {
      tell("error: " + message + '\n');
    }
    return kExitError;
  };
  try {
    if (const auto metadata = plugin_metadata(args)) {
      print(*metadata);
      return kExitOk;
    }
    line = parse_globals(in_own_words(name, args), command_list());
    parser::StringMap environment = process_environment();
    std::string folder = working_directory(environment);
    lean::choose(command_words(line));
    context = std::make_unique<Context>(line.globals, std::move(environment), std::move(folder));
    return dispatch(*context, line);
  } catch (const HelpWanted& help) {
    print(help.what());
    return kExitOk;
  } catch (const UsageError& error) {
    return usage_failure(error.what(), line.command);
  } catch (const parser::LoadError& error) {
    show_diagnostics(context.get(), error);
    return kExitError;
  } catch (const CommandError& error) {
    fail(error.what());
    return error.exit_code();
  } catch (const std::exception& error) {  // PlanError, engine::Error, sys::Error: the message says it all
    return fail(error.what());
  }
}

}  // namespace

int main(const std::string& name, const std::vector<std::string>& args) {
  const int code = run(name, args);
  lean::show();
  return code;
}

}  // namespace compose::cli
