#pragma once
// What is around before any Compose file is read: the tool's environment, the files to load, the project
// directory.
#include <optional>
#include <string>
#include <vector>

#include "parser/load.h"
#include "parser/report.h"

namespace parser {

// What is looked for in a folder where no files are named, the first that is there.
inline constexpr const char* kUsualFiles[] = {"compose.yaml", "compose.yml", "docker-compose.yml",
                                              "docker-compose.yaml"};

struct InputFile {
  std::string path;   // absolute; "-" is stdin; empty: remote, and not fetched yet
  std::string shown;  // as the user gave it; a file that was found: relative to the working directory
};

struct Surroundings {
  std::string working_directory;
  std::string project_directory;       // absolute; with a remote file, the folder of its local copy
  std::string name_directory;          // whose name is the project's when nothing else gives one
  StringMap environment;               // process, then env files
  std::vector<std::string> env_files;  // absolute, those that were read
  std::vector<InputFile> files;        // empty: none given and none found
};

// Errors (an env file that is missing or broken) go to `report`. Remote files are not fetched.
Surroundings survey(const LoadOptions& options, Report& report);

// Fetches the remote files among those the user named. Errors go to `report`.
void fetch_remote_files(const LoadOptions& options, Surroundings& surroundings, Report& report);
// The local copy of one of them; nothing when there is none, which is told at `place`.
std::optional<std::string> fetch_remote_file(const LoadOptions& options, const std::string& reference,
                                             const Mark& place, const std::string& where, Report& report);

// Puts the variables of an env file into `into`, where they win over earlier ones; inside their values those
// of `outside` are seen first.
void add_variables(const Source& source, const StringMap& outside, StringMap& into, Report& report);

// "a,b" -> {"a", "b"}; empty parts are dropped.
std::vector<std::string> split_list(const std::string& text, const std::string& separator);

// survey and fetch_remote_files, for who needs files. Throws LoadError when one is wrong or there are none.
Surroundings survey_files(const LoadOptions& options, Report& report);

// The error to give when Surroundings::files is empty.
void report_no_file(const Surroundings& surroundings, Report& report);

}  // namespace parser
