#include "compose/publish/package.h"

#include <deque>
#include <filesystem>
#include <set>

#include "compose/plan/planner.h"
#include "compose/publish/secrets_in_text.h"
#include "engine/image/digest.h"
#include "sys/file.h"

namespace compose {
namespace {

using Kind = ArtifactFile::Kind;
namespace fs = std::filesystem;

// Two files of one name must not meet, and nobody needs to know where they lay.
std::string name_for_others(const std::string& path) {
  return engine::sha256_hex(path);
}

void require_images(const parser::Project& project) {
  std::string names;
  for (const auto& [name, service] : project.services)
    if (service.image.empty() && service.build) names += (names.empty() ? "" : ", ") + name;
  if (!names.empty())
    throw PlanError("cannot publish: nobody else has the images of " + names +
                    ", which only have a build section; give each an image to push");
}

class Packing {
 public:
  Packing(const parser::Project& project, bool env_files) : project_(project), env_files_wanted_(env_files) {}

  Package run() {
    for (const std::string& path : project_.config_files) {
      if (path == "-") throw PlanError("cannot publish standard input: name a file with -f");
      // Relative paths of a project's own files start from its folder, whichever they lie in.
      add(path, fs::path(path).filename().string(), Kind::kCompose, project_.working_dir);
    }
    while (!waiting_.empty()) {
      const auto [path, name] = waiting_.front();
      waiting_.pop_front();
      add(path, name, Kind::kExtended, fs::path(path).parent_path().string());
    }
    for (const auto& [path, name] : env_files_)
      if (auto bytes = sys::read_file_if_exists(path))  // who needs it has read it by now
        package_.files.push_back({Kind::kEnvironment, name, std::move(*bytes)});
    return std::move(package_);
  }

 private:
  void add(const std::string& path, const std::string& name, Kind kind, const std::string& folder) {
    parser::PublishedFile file =
        parser::publish_file({path, folder, name_for_others, env_files_wanted_}, project_.environment);
    if (!file.local_includes.empty())
      throw PlanError("cannot publish " + path + ": it includes " + file.local_includes.front() +
                      ", a file of this machine; publish that as well and include it as oci://...");
    for (const auto& [extended, other] : file.extended)
      if (known_.insert(extended).second) waiting_.emplace_back(extended, other);
    env_files_.merge(std::map<std::string, std::string>(file.env_files));
    package_.files.push_back({kind, name, file.text});
    package_.compose_files.emplace_back(path, std::move(file));
  }

  const parser::Project& project_;
  const bool env_files_wanted_;
  Package package_;
  std::set<std::string> known_;
  std::deque<std::pair<std::string, std::string>> waiting_;  // extended files: path and name
  std::map<std::string, std::string> env_files_;
};

std::string about_binds(const parser::Project& project) {
  std::string lines;
  for (const auto& [name, service] : project.services)
    for (const parser::VolumeMount& mount : service.volumes)
      if (mount.type == parser::VolumeMount::Type::kBind)
        lines += "  " + name + ": " + mount.source + ":" + mount.target + '\n';
  if (lines.empty()) return "";
  return "you are about to publish bind mounts: where they are, not what is in them\n" + lines +
         "Are you ok to publish these bind mount declarations?";
}

std::string about_secrets(const Package& package) {
  std::string lines;
  const auto look = [&lines](const std::string& name, const std::string& text) {
    for (const SuspectedSecret& secret : secrets_in(text))
      lines +=
          "  " + name + ':' + std::to_string(secret.line) + ": " + secret.kind + ": " + secret.shown + '\n';
  };
  for (const auto& [path, file] : package.compose_files) look(path, file.text);
  for (const ArtifactFile& file : package.files)
    if (file.kind == Kind::kEnvironment) look("env file " + file.name, file.bytes);
  if (lines.empty()) return "";
  return "you are about to publish sensitive data\n" + lines + "Are you ok to publish these sensitive data?";
}

std::string about_environment(const Package& package) {
  std::map<std::string, std::set<std::string>> keys;
  std::set<std::string> with_files;
  for (const auto& [path, file] : package.compose_files) {
    for (const auto& [name, service] : file.services) {
      if (service.has_env_file) with_files.insert(name);
      for (const auto& [key, value] : service.environment)
        if (is_secret_name(key) && is_literal(value)) keys[name].insert(key);
    }
  }
  std::string lines;
  for (const std::string& name : with_files)
    lines += "  service \"" + name + "\": env_file declared, which is not put in\n";
  for (const auto& [name, all] : keys) {
    lines += "  service \"" + name + "\": literal value for ";
    for (const std::string& key : all) lines += (key == *all.begin() ? "\"" : ", \"") + key + '"';
    lines += '\n';
  }
  if (lines.empty()) return "";
  return "you are about to publish environment variables\n" + lines +
         "--with-env publishes them without asking, with the files.\n"
         "Are you ok to publish these env declarations?";
}

std::string about_configs(const Package& package) {
  std::set<std::string> names;
  for (const auto& [path, file] : package.compose_files)
    for (const auto& [name, content] : file.config_contents)
      if (is_literal(content)) names.insert(name);
  if (names.empty()) return "";
  std::string text = "you are about to publish the content of configs\n";
  for (const std::string& name : names) text += "  config \"" + name + "\"\n";
  return text + "Are you ok to publish these config contents?";
}

}  // namespace

Package make_package(const parser::Project& project, bool env_files) {
  require_images(project);
  return Packing(project, env_files).run();
}

std::vector<std::string> questions_about(const parser::Project& project, const Package& package,
                                         bool env_files) {
  std::vector<std::string> questions;
  for (std::string question :
       {about_binds(project), about_secrets(package), env_files ? std::string() : about_environment(package),
        about_configs(package)})
    if (!question.empty()) questions.push_back(std::move(question));
  return questions;
}

std::vector<std::string> missing_from(const parser::Project& project) {
  std::vector<std::string> lines;
  const auto look = [&lines](const char* what, const auto& objects) {
    for (const auto& [name, object] : objects)
      if (!object.file.empty())
        lines.push_back(std::string(what) + " \"" + name + "\" is made of the file " + object.file +
                        ", which is not published: who runs this needs one of their own");
  };
  look("config", project.configs);
  look("secret", project.secrets);
  return lines;
}

}  // namespace compose
