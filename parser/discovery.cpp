#include "parser/discovery.h"

#include <sys/stat.h>

#include <filesystem>

#include "parser/dotenv.h"
#include "parser/interpolate.h"
#include "parser/paths.h"
#include "parser/units.h"

namespace parser {

namespace {

constexpr const char* kOverrides[] = {"compose.override.yml", "compose.override.yaml",
                                      "docker-compose.override.yml", "docker-compose.override.yaml"};

bool is_file(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && !S_ISDIR(status.st_mode);
}

std::string value_of(const StringMap& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

class Survey {
 public:
  Survey(const LoadOptions& options, Report& report) : options_(options), report_(report) {
    result_.working_directory = options.working_directory.empty()
                                    ? std::filesystem::current_path().string()
                                    : absolute_path(options.working_directory, "/");
    result_.environment = options.environment;
  }

  Surroundings run() {
    const bool explicit_files = read_explicit_env_files();
    const std::string disable = value_of(result_.environment, "COMPOSE_DISABLE_ENV_FILE");
    const bool use_default = !explicit_files && disable != "1" && !read_boolean(disable).value_or(false);
    const std::string first =
        options_.project_directory.empty() ? result_.working_directory : absolute(options_.project_directory);
    if (use_default) read_default_env_file(first);
    choose_files();
    choose_project_directory();
    if (use_default && result_.project_directory != first) read_default_env_file(result_.project_directory);
    return std::move(result_);
  }

 private:
  std::string absolute(const std::string& path) const {
    return absolute_path(path, result_.working_directory);
  }

  // Relative where that reads well: "docker-compose.yml", "../compose.yaml".
  std::string shown(const std::string& path) const {
    return std::filesystem::path(path).lexically_relative(result_.working_directory).string();
  }

  bool read_explicit_env_files() {
    std::vector<std::string> files = options_.env_files;
    if (files.empty()) files = split_list(value_of(result_.environment, "COMPOSE_ENV_FILES"), ",");
    StringMap read;
    for (const std::string& file : files) read_env_file(absolute(file), file, read);
    result_.environment.merge(read);
    return !files.empty();
  }

  void read_default_env_file(const std::string& folder) {
    const std::string path = absolute_path(".env", folder);
    if (!is_file(path)) return;
    StringMap read;
    read_env_file(path, shown(path), read);
    result_.environment.merge(read);
  }

  // Of several files the later wins, but the process's environment wins over all.
  void read_env_file(const std::string& path, const std::string& name, StringMap& into) {
    const Source* source = read_source(report_, path, name);
    if (source == nullptr) return;
    result_.env_files.push_back(path);
    add_variables(*source, result_.environment, into, report_);
  }

  void choose_files() {
    std::vector<std::string> files = options_.files;
    if (files.empty()) {
      std::string separator = value_of(result_.environment, "COMPOSE_PATH_SEPARATOR");
      if (separator.empty()) separator = ":";
      const std::string value = value_of(result_.environment, "COMPOSE_FILE");
      // The colon of a URL separates nothing.
      const bool whole = separator == ":" && is_remote(value);
      files = whole ? std::vector<std::string>{value} : split_list(value, separator);
    }
    for (const std::string& file : files) {
      if (is_remote(file))
        result_.files.push_back({"", file});
      else
        result_.files.push_back(file == "-" ? InputFile{"-", "<stdin>"} : InputFile{absolute(file), file});
    }
    if (files.empty()) search_upwards();
  }

  void search_upwards() {
    std::string folder =
        options_.project_directory.empty() ? result_.working_directory : absolute(options_.project_directory);
    for (;; folder = folder_of(folder)) {
      if (take_first(folder, kUsualFiles)) {
        take_first(folder, kOverrides);
        return;
      }
      if (folder == "/") return;
    }
  }

  template <size_t kCount>
  bool take_first(const std::string& folder, const char* const (&names)[kCount]) {
    std::vector<std::string> found;
    for (const char* name : names)
      if (const std::string path = absolute_path(name, folder); is_file(path)) found.push_back(path);
    if (found.empty()) return false;
    result_.files.push_back({found[0], shown(found[0])});
    for (size_t i = 1; i < found.size(); ++i)
      report_.warning({shown(found[i]), 0, 0}, "", "not used, since '" + shown(found[0]) + "' is there too",
                      "choose with -f");
    return true;
  }

  void choose_project_directory() {
    if (!options_.project_directory.empty())
      result_.project_directory = absolute(options_.project_directory);
    else if (!result_.files.empty() && result_.files[0].path.rfind('/', 0) == 0)
      result_.project_directory = folder_of(result_.files[0].path);
    else
      result_.project_directory = result_.working_directory;
    result_.name_directory = result_.project_directory;
  }

  const LoadOptions& options_;
  Report& report_;
  Surroundings result_;
};

}  // namespace

std::vector<std::string> split_list(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  for (size_t start = 0; start <= text.size();) {
    size_t end = text.find(separator, start);
    if (end == std::string::npos) end = text.size();
    const std::string part = text.substr(start, end - start);
    const size_t first = part.find_first_not_of(' ');
    if (first != std::string::npos)
      parts.push_back(part.substr(first, part.find_last_not_of(' ') - first + 1));
    start = end + separator.size();
  }
  return parts;
}

void add_variables(const Source& source, const StringMap& outside, StringMap& into, Report& report) {
  const Lookup lookup = [&](const std::string& wanted) -> std::optional<std::string> {
    if (auto value = lookup_in(outside)(wanted)) return value;
    return lookup_in(into)(wanted);
  };
  for (const Variable& variable : parse_dotenv(source, DotenvFormat::kQuoted, lookup, report))
    if (variable.value) into[variable.name] = *variable.value;
}

Surroundings survey(const LoadOptions& options, Report& report) {
  return Survey(options, report).run();
}

std::optional<std::string> fetch_remote_file(const LoadOptions& options, const std::string& reference,
                                             const Mark& place, const std::string& where, Report& report) {
  const std::string named = place.file == reference ? "" : "'" + reference + "': ";
  if (!is_oci(reference) || !options.fetch_remote) {
    report.error(place, where, named + "remote Compose files are not supported, but those of oci://",
                 "fetch it and name the local file");
    return std::nullopt;
  }
  try {
    return options.fetch_remote(reference);
  } catch (const std::exception& error) {
    report.error(place, where, named + error.what());
    return std::nullopt;
  }
}

void fetch_remote_files(const LoadOptions& options, Surroundings& surroundings, Report& report) {
  bool first = true;
  for (InputFile& file : surroundings.files) {
    if (!file.path.empty()) continue;
    const std::string& reference = file.shown;
    const auto local = fetch_remote_file(options, reference, {reference, 0, 0}, "", report);
    if (!local) continue;
    file.path = *local;
    // What the file names beside itself came with it.
    if (first) surroundings.project_directory = folder_of(*local);
    first = false;
  }
}

Surroundings survey_files(const LoadOptions& options, Report& report) {
  Surroundings surroundings = survey(options, report);
  report.throw_if_failed();
  fetch_remote_files(options, surroundings, report);
  report.throw_if_failed();
  if (surroundings.files.empty()) report_no_file(surroundings, report);
  report.throw_if_failed();
  return surroundings;
}

void report_no_file(const Surroundings& surroundings, Report& report) {
  std::string names;
  for (const char* name : kUsualFiles) names += (names.empty() ? "" : ", ") + std::string(name);
  report.error({}, "",
               "no Compose file found in " + surroundings.project_directory + " or above (" + names + ")",
               "name one with -f");
}

}  // namespace parser
