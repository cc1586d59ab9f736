#pragma once
// What every command works with: the flags before the command, and - each made at first use, so that
// `version` costs nothing - the tool's environment, the engine, the project, the progress display.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compose/cli/globals.h"
#include "compose/publish/remote_project.h"
#include "compose/ui/progress.h"
#include "engine/early_start.h"
#include "engine/engine.h"
#include "parser/load.h"

namespace compose::cli {

enum class LogLevel { kError, kWarn, kInfo, kDebug };

// One per run of the program; used from the main thread, but `log` may be called from any.
class Context {
 public:
  Context(Globals globals, parser::StringMap environment, std::string working_directory);
  ~Context();

  const Globals& globals() const { return globals_; }
  bool& dry_run() { return globals_.dry_run; }  // --dry-run may also follow the command
  // What the process has, as it was given.
  const parser::StringMap& environment() const { return environment_; }
  const std::string& working_directory() const { return working_directory_; }
  // A variable of the process, else of .env or --env-file. Throws parser::LoadError.
  std::optional<std::string> find_variable(const std::string& name);
  std::string variable(const std::string& name) { return find_variable(name).value_or(""); }
  bool variable_is_true(const std::string& name);

  parser::LoadOptions load_options(const std::vector<std::string>& selected = {});
  // The files that the project is loaded from, as they were named; included ones are not among them.
  std::vector<std::string> named_files();
  RemoteProjects& remote_projects();  // below the data root
  // Loads the project and prints its warnings. `selected`: services named on the command line. Throws
  // parser::LoadError; CommandError "no such service" for a selected one that is not in the files.
  parser::Project load(const std::vector<std::string>& selected = {});
  parser::Project load(const parser::LoadOptions& options);
  void show_warnings(const std::vector<parser::Diagnostic>& warnings);
  // As load, but nothing when there is no Compose file and the project's name is given (-p,
  // COMPOSE_PROJECT_NAME): for commands that work from labels alone.
  std::optional<parser::Project> load_if_there(const std::vector<std::string>& selected = {});
  // The files behind the project that was loaded last.
  const parser::Document& document() const { return *document_; }
  // What is left of it is where things stand in its files; the tree's memory can serve what comes.
  void drop_tree() {
    document_ = std::make_shared<const parser::Document>(parser::Document{{}, document_->report});
  }
  const parser::Document* last_document() const { return document_.get(); }  // null: none was
  std::string project_name();

  engine::Paths paths();
  engine::Engine& engine();  // opened at first use
  // For a command that starts a container, or runs a program in one: what that takes begins beside its own
  // work. To be called before the first use of `engine`.
  void begin_early(engine::Soon what) noexcept { early_ = engine::begin_early(what); }

  int parallel();  // RunOptions::parallel
  // As --ansi, COMPOSE_ANSI, NO_COLOR and TERM say. Throws CommandError for an unknown COMPOSE_ANSI.
  bool colour(int fd);
  // As --progress and COMPOSE_PROGRESS say; empty: neither does. Throws parser::LoadError.
  std::string progress_name();
  ui::Progress& progress();  // made at first use
  // The same, but in plain lines where `progress` would draw: for use beside other output.
  ui::Progress& line_progress();
  // Whether build output is shown; to be set before the first use of `progress`.
  void show_builds(bool shown) { show_builds_ = shown; }
  // The same for the layers of images that are fetched or sent.
  void show_layers(bool shown) { show_layers_ = shown; }
  // No progress at all; to be called before the first use of `progress`.
  void be_quiet() { globals_.progress = "quiet"; }
  // Where errors of the command as a whole go.
  void show_error(const std::string& message);

  void log(LogLevel level, const std::string& text);

 private:
  bool has_compose_file() const;
  LogLevel log_level() const;
  const parser::StringMap& tool_environment();
  std::string ansi();  // never, always, auto or ""
  ui::ProgressMode choose_mode(int fd);
  int progress_fd();
  std::unique_ptr<ui::Progress> new_progress(ui::ProgressMode mode);

  Globals globals_;
  parser::StringMap environment_;
  std::string working_directory_;
  std::optional<parser::StringMap> tool_environment_;
  std::shared_ptr<engine::EarlyStart> early_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<RemoteProjects> remote_projects_;
  std::shared_ptr<const parser::Document> document_;
  bool show_builds_ = true, show_layers_ = true;
  std::unique_ptr<ui::Progress> progress_, line_progress_;
};

// Writes to standard output. Throws sys::Error.
void print(const std::string& text);
// Writes to standard error. What cannot be written is lost.
void tell(const std::string& text);

}  // namespace compose::cli
