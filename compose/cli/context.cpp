#include "compose/cli/context.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "compose/cli/arguments.h"
#include "compose/cli/failure.h"
#include "compose/cli/lean.h"
#include "compose/cli/load_unresolved.h"
#include "compose/cli/output.h"
#include "compose/ui/palette.h"
#include "engine/container/installed_program.h"
#include "parser/discovery.h"
#include "parser/switches.h"
#include "sys/error.h"
#include "sys/fd.h"
#include "sys/prefault.h"

namespace compose::cli {
namespace {

constexpr size_t kMemoryForText = 60;  // bytes that a project takes for each byte of its files

// A guess: what else it is made of (COMPOSE_FILE, include) is not looked for.
size_t size_of_text(const parser::LoadOptions& options) {
  size_t size = 0;
  const auto add = [&](const std::string& name) {
    std::error_code error;
    const uintmax_t bytes =
        std::filesystem::file_size(std::filesystem::path(options.working_directory) / name, error);
    if (!error) size += bytes;
  };
  std::for_each(options.files.begin(), options.files.end(), add);
  if (options.files.empty())
    std::for_each(std::begin(parser::kUsualFiles), std::end(parser::kUsualFiles), add);
  return size;
}

// Nobody can be told that nothing can be told: what is being done goes on.
void write_or_lose(int fd, std::string_view text) {
  try {
    write_output(fd, text);
  } catch (const sys::Error&) {
    return;
  }
}

}  // namespace

Context::Context(Globals globals, parser::StringMap environment, std::string working_directory)
    : globals_(std::move(globals)),
      environment_(std::move(environment)),
      working_directory_(std::move(working_directory)) {}

Context::~Context() {
  if (progress_) progress_->finish();
}

const parser::StringMap& Context::tool_environment() {
  if (!tool_environment_) tool_environment_ = parser::tool_environment(load_options());
  return *tool_environment_;
}

std::optional<std::string> Context::find_variable(const std::string& name) {
  // What the process has wins anyway: .env need not be read then.
  if (const auto found = environment_.find(name); found != environment_.end()) return found->second;
  const auto& all = tool_environment();
  const auto found = all.find(name);
  return found == all.end() ? std::nullopt : std::optional(found->second);
}

bool Context::variable_is_true(const std::string& name) {
  const std::string value = variable(name);
  return value == "1" || value == "true" || value == "True" || value == "TRUE" || value == "t" ||
         value == "T";
}

RemoteProjects& Context::remote_projects() {
  if (!remote_projects_)
    remote_projects_ = std::make_unique<RemoteProjects>(paths().data_root + "/remote",
                                                        engine::registry::Registries::system());
  return *remote_projects_;
}

std::vector<std::string> Context::named_files() {
  std::vector<std::string> names;
  parser::Report report;
  for (const parser::InputFile& file : parser::survey(load_options(), report).files)
    names.push_back(file.shown);
  return names;
}

parser::LoadOptions Context::load_options(const std::vector<std::string>& selected) {
  parser::LoadOptions options;
  options.files = globals_.files;
  options.project_directory = globals_.project_directory;
  options.project_name = globals_.project_name;
  options.env_files = globals_.env_files;
  options.profiles = globals_.profiles;
  options.selected = selected;
  options.environment = environment_;
  if (globals_.all_resources) options.environment[parser::kAllResources] = "1";
  if (globals_.compatibility) options.environment[parser::kCompatibility] = "1";
  options.working_directory = working_directory_;
  options.fetch_remote = [this](const std::string& reference) {
    const std::string allowed = variable("COMPOSE_EXPERIMENTAL_OCI_REMOTE");
    if (!allowed.empty() && !variable_is_true("COMPOSE_EXPERIMENTAL_OCI_REMOTE"))
      throw CommandError("COMPOSE_EXPERIMENTAL_OCI_REMOTE is " + allowed + ", which forbids it");
    return remote_projects().fetch(reference);
  };
  return options;
}

void Context::show_warnings(const std::vector<parser::Diagnostic>& warnings) {
  for (const auto& warning : warnings) log(LogLevel::kWarn, warning.to_string());
}

parser::Project Context::load(const std::vector<std::string>& selected) {
  return load(load_options(selected));
}

parser::Project Context::load(const parser::LoadOptions& options) {
  const auto began = std::chrono::steady_clock::now();
  sys::expect_heap(kMemoryForText * size_of_text(options));
  parser::LoadResult result = parser::load(options);
  show_warnings(result.warnings);
  for (const std::string& name : options.selected) {
    if (result.project.services.count(name) != 0) continue;
    std::vector<std::string> known;
    for (const auto& [service, ignored] : result.project.services) known.push_back(service);
    const std::string near = parser::closest(name, known);
    throw CommandError(
        fmt::format("no such service: {}{}", name, near.empty() ? "" : ", did you mean '" + near + "'?"));
  }
  const auto took = std::chrono::steady_clock::now() - began;
  log(LogLevel::kDebug, fmt::format("loaded project {} ({} services) in {} us", result.project.name,
                                    result.project.services.size(),
                                    std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
  document_ = std::move(result.document);
  lean::after_reading();
  return std::move(result.project);
}

bool Context::has_compose_file() const {
  const auto variable = environment_.find("COMPOSE_FILE");
  if (!globals_.files.empty() || (variable != environment_.end() && !variable->second.empty())) return true;
  std::filesystem::path folder =
      std::filesystem::path(working_directory_) / globals_.project_directory;  // an absolute one replaces
  for (;; folder = folder.parent_path()) {
    for (const char* name : parser::kUsualFiles) {
      std::error_code ignored;
      if (std::filesystem::exists(folder / name, ignored)) return true;
    }
    if (folder == folder.parent_path()) return false;
  }
}

std::optional<parser::Project> Context::load_if_there(const std::vector<std::string>& selected) {
  const bool named = !globals_.project_name.empty() || !variable("COMPOSE_PROJECT_NAME").empty();
  if (named && variable("COMPOSE_FILE").empty() && !has_compose_file()) return std::nullopt;
  return load_unresolved(*this, selected);
}

std::string Context::project_name() {
  return parser::project_name(load_options());
}

namespace {

std::string env_or(const char* name, const std::string& fallback) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets variables
  return value == nullptr || *value == '\0' ? fallback : value;
}

}  // namespace

engine::Paths Context::paths() {
  const bool root = ::geteuid() == 0;
  engine::Paths paths;
  paths.data_root = globals_.data_root.empty() ? variable("COMPOSE_DATA_ROOT") : globals_.data_root;
  paths.run_root = globals_.run_root.empty() ? variable("COMPOSE_RUN_ROOT") : globals_.run_root;
  if (paths.data_root.empty()) {
    paths.data_root = root ? "/var/lib/compose"
                           : env_or("XDG_DATA_HOME", env_or("HOME", "/tmp") + "/.local/share") + "/compose";
  }
  if (paths.run_root.empty()) {
    paths.run_root =
        root ? "/run/compose"
             : env_or("XDG_RUNTIME_DIR", "/tmp/compose-" + std::to_string(::geteuid())) + "/compose";
  }
  for (std::string* path : {&paths.data_root, &paths.run_root}) {
    *path = (std::filesystem::path(working_directory_) / *path).lexically_normal().string();
    while (path->size() > 1 && path->back() == '/') path->pop_back();
  }
  return paths;
}

engine::Engine& Context::engine() {
  if (!engine_) {
    const engine::Paths places = paths();
    const std::string self = engine::own_program();
    if (!early_) early_ = std::make_shared<engine::EarlyStart>();
    engine_ = engine::open_local_engine(
        places, {self, "--data-root", places.data_root, "--run-root", places.run_root, "tidy", "--wait"},
        early_);
  }
  return *engine_;
}

int Context::parallel() {
  constexpr int kNoLimit = 1 << 20;
  int64_t limit = globals_.parallel.value_or(0);
  if (!globals_.parallel) {
    const std::string text = variable("COMPOSE_PARALLEL_LIMIT");
    if (!text.empty()) limit = whole_number(text, "COMPOSE_PARALLEL_LIMIT");
  }
  return limit < 0 ? kNoLimit : static_cast<int>(std::min<int64_t>(limit, kNoLimit));
}

std::string Context::ansi() {
  if (!globals_.ansi.empty()) return globals_.ansi;
  const std::string value = variable("COMPOSE_ANSI");
  if (!value.empty() && value != "never" && value != "always" && value != "auto")
    throw CommandError("COMPOSE_ANSI is '" + value + "': it must be never, always or auto");
  return value;
}

bool Context::colour(int fd) {
  const std::string wanted = ansi();
  if (wanted == "never") return false;
  if (wanted == "always") return true;
  return ui::is_terminal(fd) && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
}

ui::ProgressMode Context::choose_mode(int fd) {
  const std::string name = progress_name();
  const auto mode = ui::progress_mode(name);
  if (!mode)
    throw CommandError("COMPOSE_PROGRESS is '" + name + "': it must be auto, tty, plain, json or quiet");
  if (*mode != ui::ProgressMode::kAuto) return *mode;
  const bool live = ui::is_terminal(fd) && ansi() != "never" && variable("TERM") != "dumb";
  return live ? ui::ProgressMode::kTty : ui::ProgressMode::kPlain;
}

int Context::progress_fd() {
  return variable_is_true("COMPOSE_STATUS_STDOUT") ? STDOUT_FILENO : STDERR_FILENO;
}

std::unique_ptr<ui::Progress> Context::new_progress(ui::ProgressMode mode) {
  const int fd = progress_fd();
  return ui::make_progress(
      {mode, colour(fd), show_builds_, show_layers_},
      [fd](std::string_view text) { write_or_lose(fd, text); }, [fd] { return ui::terminal_size(fd); });
}

std::string Context::progress_name() {
  return globals_.progress.empty() ? variable("COMPOSE_PROGRESS") : globals_.progress;
}

ui::Progress& Context::progress() {
  if (!progress_) progress_ = new_progress(choose_mode(progress_fd()));
  return *progress_;
}

ui::Progress& Context::line_progress() {
  if (choose_mode(progress_fd()) != ui::ProgressMode::kTty) return progress();
  if (!line_progress_) line_progress_ = new_progress(ui::ProgressMode::kPlain);
  return *line_progress_;
}

void Context::show_error(const std::string& message) {
  const std::string& mode = globals_.progress;
  const auto variable = environment_.find("COMPOSE_PROGRESS");
  const bool by_variable = mode.empty() && variable != environment_.end() && variable->second == "json";
  if (!progress_ && (mode == "json" || by_variable)) progress_ = new_progress(ui::ProgressMode::kJson);
  if (progress_) {
    progress_->error(message);
    return;
  }
  bool coloured = false;
  try {
    coloured = colour(STDERR_FILENO);
  } catch (const std::exception&) {
    coloured = false;  // what is wrong with the variables is most likely the very error
  }
  tell(ui::styled("error: ", ui::Style::kRed, coloured) + message + '\n');
}

LogLevel Context::log_level() const {
  std::string name = globals_.log_level;
  if (name.empty()) {
    const auto found = environment_.find("COMPOSE_LOG");
    if (found != environment_.end()) name = found->second;
  }
  if (name == "error") return LogLevel::kError;
  if (name == "info") return LogLevel::kInfo;
  if (name == "debug") return LogLevel::kDebug;
  if (name.empty() || name == "warn" || name == "warning") return LogLevel::kWarn;
  throw UsageError("invalid log level '" + name + "': it must be error, warn, info or debug");
}

void Context::log(LogLevel level, const std::string& text) {
  if (level > log_level()) return;
  if (level == LogLevel::kWarn && progress_) {
    progress_->warning(text);
    return;
  }
  static constexpr const char* kNames[] = {"error", "warning", "info", "debug"};
  // A parser's warning carries its place first and the word itself.
  const bool placed = text.find("warning: ") != std::string::npos;
  tell((placed ? "" : kNames[static_cast<size_t>(level)] + std::string(": ")) + text + '\n');
}

void print(const std::string& text) {
  lean::show();
  sys::write_all(STDOUT_FILENO, text);
}

void tell(const std::string& text) {
  if (!lean::keep(text)) write_or_lose(STDERR_FILENO, text);
}

}  // namespace compose::cli
