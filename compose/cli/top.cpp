// Processes of containers, in the columns of `ps -ef`.
#include <fmt/format.h>
#include <pwd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "compose/cli/arguments.h"
#include "compose/cli/commands.h"
#include "compose/cli/container.h"
#include "compose/cli/failure.h"
#include "compose/cli/selection.h"
#include "compose/cli/session.h"
#include "compose/plan/inventory.h"
#include "compose/ui/table.h"
#include "compose/ui/timestamp.h"
#include "engine/error.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace compose::cli {
namespace {

using Row = std::vector<std::string>;

const Row& columns() {
  static const Row kAll = {"UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"};
  return kAll;
}

std::string user_name(unsigned uid) {
  passwd entry{};
  passwd* found = nullptr;
  char buffer[4096];
  if (::getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) == 0 && found != nullptr)
    return found->pw_name;
  return std::to_string(uid);
}

// As ps: the time of today, the day of this year, else the year.
std::string start_text(int64_t started_ms, int64_t now_ms) {
  const time_t started = started_ms / 1000, now = now_ms / 1000;
  tm then{}, today{};
  ::localtime_r(&started, &then);
  ::localtime_r(&now, &today);
  const char* format = then.tm_year != today.tm_year   ? "%Y"
                       : then.tm_yday != today.tm_yday ? "%b%d"
                                                       : "%H:%M";
  char text[16];
  return {text, ::strftime(text, sizeof text, format, &then)};
}

Row row_of(const engine::Process& process, int64_t now_ms) {
  const int64_t seconds = process.cpu_ms / 1000, lived_ms = std::max<int64_t>(1, now_ms - process.started_ms);
  return {user_name(process.uid),
          std::to_string(process.pid),
          std::to_string(process.parent),
          std::to_string(std::min<int64_t>(99, process.cpu_ms * 100 / lived_ms)),
          start_text(process.started_ms, now_ms),
          process.terminal,
          fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
          process.command};
}

std::vector<Row> rows_of(Context& context, const engine::ContainerInfo& container) {
  std::vector<Row> rows;
  const int64_t now = ui::now_ms();
  for (const engine::Process& process : context.engine().container_processes(container.id))
    rows.push_back(row_of(process, now));
  return rows;
}

std::string table_of(const Row& header, const std::vector<Row>& rows) {
  ui::Table table(header);
  for (const Row& row : rows) table.add(row);
  return table.to_string();
}

// What the host's ps prints with these options.
std::string run_ps(const Words& options) {
  sys::Pipe output = sys::pipe();
  std::vector<const char*> words{"ps"};
  for (const std::string& option : options) words.push_back(option.c_str());
  words.push_back(nullptr);
  const pid_t child = ::vfork();
  if (child == 0) {
    ::dup2(output.write.get(), STDOUT_FILENO);
    ::execvp("ps", const_cast<char* const*>(words.data()));
    ::_exit(127);
  }
  sys::check(static_cast<int>(child), "vfork");
  output.write.reset();
  std::string text = sys::read_all(output.read.get());
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
    throw CommandError("this machine has no program ps (package procps); without options none is needed");
  if (status != 0) throw CommandError("ps does not take these options");
  return text;
}

// Its lines for these processes, with the header, which must have the column PID.
std::string lines_for(const std::string& text, const std::set<std::string>& pids) {
  std::istringstream lines(text);
  std::string header, kept;
  std::getline(lines, header);
  std::istringstream titles(header);
  size_t column = 0;
  std::string title;
  while (titles >> title && title != "PID") ++column;
  if (title != "PID") throw CommandError("the options for ps leave out the column PID, which is needed");
  kept = header + '\n';
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    for (size_t i = 0; i <= column; ++i) words >> word;
    if (pids.count(word) != 0) kept += line + '\n';
  }
  return kept;
}

}  // namespace

int container_top(Context& context, const Words& args) {
  Arguments arguments("container top CONTAINER [ps OPTIONS]", "Show the processes of a container.");
  arguments.stop_at_positional();
  arguments.positionals(1, -1, "CONTAINER");
  Words words = arguments.parse(args);
  const engine::ContainerInfo container = named_container(context, words.front());
  words.erase(words.begin());
  if (words.empty()) {
    print(table_of(columns(), rows_of(context, container)));
    return kExitOk;
  }
  std::set<std::string> pids;
  for (const engine::Process& process : context.engine().container_processes(container.id))
    pids.insert(std::to_string(process.pid));
  print(lines_for(run_ps(words), pids));
  return kExitOk;
}

int top_command(Context& context, const Words& args) {
  Arguments arguments("top [SERVICE...]", "Show the processes of containers.");
  const Words services = arguments.parse(args);
  Row header{"SERVICE", "#"};
  header.insert(header.end(), columns().begin(), columns().end());
  std::vector<Row> rows;
  for (const auto& container : replicas_and_one_offs(context, context.project_name(), services)) {
    if (!is_up(container)) continue;
    try {
      for (Row& row : rows_of(context, container)) {
        row.insert(row.begin(), {service_of(container),
                                 is_one_off(container) ? "-" : std::to_string(number_of(container))});
        rows.push_back(std::move(row));
      }
    } catch (const engine::Error& error) {  // it has ended meanwhile
      context.log(LogLevel::kDebug, error.what());
    }
  }
  if (!rows.empty()) print(table_of(header, rows));
  return kExitOk;
}

}  // namespace compose::cli
