#include "compose/plan/bake_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "compose/plan/pull_plan.h"
#include "parser/remote_context.h"

namespace compose {
namespace {

using Json = nlohmann::ordered_json;

// Names of targets have no dots.
std::string target_name(std::string service) {
  std::replace(service.begin(), service.end(), '.', '_');
  return service;
}

template <typename T>
void put(Json& object, const char* key, const T& value) {
  if (value != T()) object[key] = value;
}

Json contexts(const parser::Build& build) {
  Json out = Json::object();
  for (const auto& [name, context] : build.additional_contexts) {
    const auto service = parser::service_of_context(context);
    out[name] = service ? "target:" + target_name(*service) : context;
  }
  return out;
}

Json secrets(const parser::Project& project, const parser::Build& build) {
  Json out = Json::array();
  for (const parser::FileGrant& grant : build.secrets) {
    const parser::FileObject& secret = project.secrets.at(grant.source);
    const std::string id = "id=" + (grant.target.empty() ? grant.source : grant.target);
    out.push_back(secret.file.empty() ? id + ",type=env,env=" + secret.environment
                                      : id + ",type=file,src=" + secret.file);
  }
  return out;
}

Json ssh(const engine::BuildRequest& request) {
  Json out = Json::array();
  for (const auto& [id, paths] : request.ssh) {
    std::string text = id;
    for (const std::string& path : paths) text += (text == id ? "=" : ",") + path;
    out.push_back(text);
  }
  return out;
}

Json ulimits(const engine::BuildSandbox& sandbox) {
  Json out = Json::array();
  for (const auto& [name, limit] : sandbox.ulimits)
    out.push_back(name + "=" + std::to_string(limit.soft) + ":" + std::to_string(limit.hard));
  return out;
}

Json extra_hosts(const engine::BuildSandbox& sandbox) {
  Json out = Json::object();
  for (const std::string& host : sandbox.extra_hosts) {
    const size_t equals = std::min(host.find('='), host.size());
    out[host.substr(0, equals)] = host.substr(std::min(equals + 1, host.size()));
  }
  return out;
}

Json entitlements(const engine::BuildSandbox& sandbox) {
  Json out = Json::array();
  if (sandbox.allow_host_network) out.push_back("network.host");
  if (sandbox.allow_insecure) out.push_back("security.insecure");
  return out;
}

Json args(const engine::BuildRequest& request) {
  Json out = Json::object();
  for (const auto& [name, value] : request.args) {
    if (value) out[name] = *value;
  }
  return out;
}

Json target(const parser::Project& project, const BuildImage& action, bool push) {
  const engine::BuildRequest& request = *action.request;
  const parser::Service& service = project.services.at(action.service);
  const parser::Build& build = *service.build;
  Json out;
  const auto put_filled = [&](const char* key, const Json& value) {
    if (!value.empty()) out[key] = value;
  };
  out["context"] = request.context;
  put_filled("contexts", contexts(build));
  if (request.dockerfile_inline.empty()) {
    const bool absolute = request.dockerfile.starts_with('/');
    out["dockerfile"] = absolute ? request.dockerfile : request.context + "/" + request.dockerfile;
  } else {
    out["dockerfile-inline"] = request.dockerfile_inline;
  }
  put_filled("args", args(request));
  put_filled("labels", request.labels);
  put_filled("tags", request.tags);
  put_filled("cache-from", build.cache_from);
  put(out, "target", request.target);
  put_filled("secret", secrets(project, build));
  put_filled("ssh", ssh(request));
  put(out, "pull", request.pull);
  put(out, "no-cache", request.no_cache);
  put(out, "network", request.sandbox.network);
  put_filled("no-cache-filter", build.no_cache_filter);
  if (request.sandbox.shm_size != 0) out["shm-size"] = std::to_string(request.sandbox.shm_size);
  put_filled("ulimits", ulimits(request.sandbox));
  put_filled("entitlements", entitlements(request.sandbox));
  put_filled("extra_hosts", extra_hosts(request.sandbox));
  out["output"] = {push && !pushed_names(service).empty() ? "type=registry" : "type=docker"};
  return out;
}

}  // namespace

std::string bake_file(const parser::Project& project, const Plan& builds, bool push) {
  std::vector<std::string> names;
  Json targets = Json::object();
  for (const Step& step : builds.steps) {
    const auto* build = std::get_if<BuildImage>(&step.action);
    if (build == nullptr) continue;
    names.push_back(target_name(build->service));
    targets[names.back()] = target(project, *build, push);
  }
  std::sort(names.begin(), names.end());
  const Json file = {{"group", {{"default", {{"targets", names}}}}}, {"target", targets}};
  return file.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace compose
