// The sections of a service that are specifications of their own; `deploy` has a file of its own.
#include <fmt/format.h>

#include "parser/output_tree.h"

namespace parser {

namespace {

// The form that is read again: id or id=path.
std::vector<std::string> ssh_texts(const std::vector<SshKey>& keys) {
  std::vector<std::string> texts;
  texts.reserve(keys.size());
  for (const SshKey& key : keys) texts.push_back(key.path.empty() ? key.id : key.id + "=" + key.path);
  return texts;
}

Json hook_tree(const Hook& hook, const std::string& image) {
  Json map = Json::object();
  if (hook.command) map["command"] = *hook.command;
  put(map, "image", hook.image.empty() ? image : hook.image);
  put(map, "user", hook.user);
  put(map, "privileged", hook.privileged);
  put(map, "working_dir", hook.working_dir);
  put(map, "environment", hook.environment);
  put(map, "per_replica", hook.per_replica);
  put_extensions(map, hook.extensions);
  return map;
}

Json watch_tree(const Watch& watch) {
  Json map = Json::object();
  map["path"] = watch.path;
  map["action"] = watch.action;
  put(map, "target", watch.target);
  if (watch.exec) map["exec"] = hook_tree(*watch.exec, "");
  put(map, "include", watch.include);
  put(map, "ignore", watch.ignore);
  put(map, "initial_sync", watch.initial_sync);
  put_extensions(map, watch.extensions);
  return map;
}

}  // namespace

Json build_tree(const Build& build) {
  Json map = Json::object();
  map["context"] = build.context;
  if (build.dockerfile_inline.empty()) put(map, "dockerfile", build.dockerfile);
  put(map, "dockerfile_inline", build.dockerfile_inline);
  put(map, "entitlements", build.entitlements);
  put(map, "args", build.args);
  put(map, "provenance", build.provenance);
  put(map, "sbom", build.sbom);
  put(map, "ssh", ssh_texts(build.ssh));
  put(map, "labels", build.labels);
  put(map, "cache_from", build.cache_from);
  put(map, "cache_to", build.cache_to);
  put(map, "no_cache", build.no_cache);
  put(map, "no_cache_filter", build.no_cache_filter);
  put(map, "additional_contexts", build.additional_contexts);
  put(map, "pull", build.pull);
  put(map, "extra_hosts", build.extra_hosts);
  put(map, "isolation", build.isolation);
  put(map, "network", build.network);
  put(map, "target", build.target);
  put_grants(map, "secrets", build.secrets, "");
  put_size(map, "shm_size", build.shm_size);
  put(map, "tags", build.tags);
  put_ulimits(map, build.ulimits);
  put(map, "platforms", build.platforms);
  put(map, "privileged", build.privileged);
  put_extensions(map, build.extensions);
  return map;
}

void put_ulimits(Json& map, const std::map<std::string, Ulimit>& limits) {
  for (const auto& [name, limit] : limits) {
    Json& item = map["ulimits"][name];
    if (limit.single) {
      item = limit.soft;
      continue;
    }
    item["soft"] = limit.soft;
    item["hard"] = limit.hard;
    put_extensions(item, limit.extensions);
  }
}

void put_grants(Json& map, const char* key, const std::vector<FileGrant>& grants, const std::string& folder) {
  for (const FileGrant& grant : grants) {
    Json item = Json::object();
    put(item, "source", grant.source);
    put(item, "target", grant.target.empty() && !folder.empty() ? folder + grant.source : grant.target);
    put(item, "uid", grant.uid);
    put(item, "gid", grant.gid);
    if (grant.mode) item["mode"] = fmt::format("0{:o}", *grant.mode);
    put_extensions(item, grant.extensions);
    map[key].push_back(std::move(item));
  }
}

void put_device_requests(Json& map, const char* key, const std::vector<DeviceRequest>& requests) {
  for (const DeviceRequest& request : requests) {
    Json item = Json::object();
    put(item, "capabilities", request.capabilities);
    put(item, "driver", request.driver);
    put_number(item, "count", request.count);
    put(item, "device_ids", request.device_ids);
    put(item, "options", request.options);
    put_extensions(item, request.extensions);
    map[key].push_back(std::move(item));
  }
}

void put_hooks(Json& map, const char* key, const std::vector<Hook>& hooks, const std::string& image) {
  for (const Hook& hook : hooks) map[key].push_back(hook_tree(hook, image));
}

Json develop_tree(const Develop& develop) {
  Json map = Json::object();
  for (const Watch& watch : develop.watch) map["watch"].push_back(watch_tree(watch));
  put_extensions(map, develop.extensions);
  return map;
}

Json provider_tree(const Provider& provider) {
  Json map = Json::object();
  put(map, "type", provider.type);
  for (const auto& [name, values] : provider.options) map["options"][name] = values;
  put_extensions(map, provider.extensions);
  return map;
}

Json service_models_tree(const std::map<std::string, ServiceModel>& models) {
  Json map = Json::object();
  for (const auto& [key, model] : models) {
    Json item = Json::object();
    put(item, "endpoint_var", model.endpoint_variable);
    put(item, "model_var", model.model_variable);
    put_extensions(item, model.extensions);
    append(map, key, std::move(item));
  }
  return map;
}

}  // namespace parser
