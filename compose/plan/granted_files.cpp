#include "compose/plan/granted_files.h"

#include <nlohmann/json.hpp>

#include "compose/plan/planner.h"
#include "engine/image/digest.h"

namespace compose {
namespace {

using parser::FileGrant;
using parser::FileObject;

struct Kind {
  const char* name;
  const char* section;
  const char* folder;  // where a relative target lies
};
constexpr Kind kConfig{"config", "configs", "/"};
constexpr Kind kSecret{"secret", "secrets", "/run/secrets/"};

using Objects = std::map<std::string, FileObject>;

std::string target_of(const FileGrant& grant, const Kind& kind) {
  const std::string& target = grant.target.empty() ? grant.source : grant.target;
  return target.front() == '/' ? target : kind.folder + target;
}

bool is_plain_file(const FileGrant& grant, const FileObject& object) {
  return !object.file.empty() && grant.uid.empty() && grant.gid.empty() && !grant.mode;
}

const std::string* bytes_of(const FileObject& object) {
  if (object.content) return &*object.content;
  return object.environment_value ? &*object.environment_value : nullptr;
}

const FileObject* find(const Objects& objects, const std::string& key) {
  const auto found = objects.find(key);
  return found == objects.end() ? nullptr : &found->second;
}

// The parser has warned of it: only here, where a container is made, it is needed.
void require_set(const parser::Service& service, const FileObject& object, const Kind& kind) {
  if (object.environment.empty() || object.environment_value) return;
  throw PlanError(object.source_mark.to_string() + ": service \"" + service.name + "\": the " + kind.name +
                  " \"" + object.key + "\" comes from the variable " + object.environment +
                  ", which is not set");
}

void require_here(const parser::Service& service, const FileObject& object, const Kind& kind) {
  if (!object.external && object.driver.empty()) return;
  throw PlanError(
      "service \"" + service.name + "\": unsupported external " + kind.name + " \"" + object.name +
      "\": " + kind.section +
      " of that kind are kept by a cluster, and there is none; give it a 'file' or an 'environment'");
}

uint32_t number(const std::string& text) {
  return text.empty() ? 0 : static_cast<uint32_t>(std::stoul(text));
}

void grant(const parser::Service& service, const Objects& objects, const std::vector<FileGrant>& grants,
           const Kind& kind, engine::ContainerConfig& config) {
  for (const FileGrant& given : grants) {
    const FileObject* object = find(objects, given.source);
    if (object == nullptr) continue;  // the parser has refused it
    require_here(service, *object, kind);
    require_set(service, *object, kind);
    if (is_plain_file(given, *object)) {
      engine::MountConfig mount;
      mount.type = engine::MountConfig::Type::kBind;
      mount.source = object->file;
      mount.target = target_of(given, kind);
      mount.read_only = true;
      mount.create_host_path = false;
      config.mounts.push_back(std::move(mount));
      continue;
    }
    engine::FileConfig file;
    file.target = target_of(given, kind);
    file.source = object->file;
    if (const std::string* bytes = bytes_of(*object)) file.content = *bytes;
    file.uid = number(given.uid);
    file.gid = number(given.gid);
    file.mode = given.mode.value_or(0444);
    config.files.push_back(std::move(file));
  }
}

void describe(const Objects& objects, const std::vector<FileGrant>& grants, const Kind& kind,
              nlohmann::json& json) {
  for (const FileGrant& given : grants) {
    const FileObject* object = find(objects, given.source);
    if (object == nullptr) continue;
    nlohmann::json entry{{"source", given.source}};
    if (!object->file.empty()) entry["file"] = object->file;
    const std::string* bytes = bytes_of(*object);
    const std::string digest = bytes == nullptr ? object->digest : engine::sha256_hex(*bytes);
    if (!digest.empty()) entry["sha256"] = digest;
    if (!given.uid.empty()) entry["uid"] = given.uid;
    if (!given.gid.empty()) entry["gid"] = given.gid;
    if (given.mode) entry["mode"] = *given.mode;
    json[kind.section][target_of(given, kind)] = std::move(entry);
  }
}

}  // namespace

void grant_files(const parser::Project& project, const parser::Service& service,
                 engine::ContainerConfig& config) {
  grant(service, project.configs, service.configs, kConfig, config);
  grant(service, project.secrets, service.secrets, kSecret, config);
}

void describe_files(const parser::Project& project, const parser::Service& service, nlohmann::json& json) {
  describe(project.configs, service.configs, kConfig, json);
  describe(project.secrets, service.secrets, kSecret, json);
}

}  // namespace compose
