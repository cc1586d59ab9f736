#include "compose/plan/build_request.h"

#include <algorithm>
#include <string_view>

#include "compose/plan/labels.h"
#include "engine/container/resource_limits.h"
#include "parser/remote_context.h"

namespace compose {
namespace {

// What the Compose file's additional contexts are to the builder. Those of other kinds are refused before
// (support.h).
engine::NamedContexts named_contexts(const parser::Project& project, const parser::Build& build) {
  using Kind = engine::NamedContext::Kind;
  constexpr std::string_view kImage = "docker-image://";
  engine::NamedContexts out;
  for (const auto& [name, context] : build.additional_contexts) {
    if (const auto service = parser::service_of_context(context)) {
      out[name] = {Kind::kImage, image_of(project, project.services.at(*service))};
    } else if (context.starts_with(kImage)) {
      out[name] = {Kind::kImage, context.substr(kImage.size())};
    } else {
      out[name] = {Kind::kFolder, context};
    }
  }
  return out;
}

std::string subject(const parser::Service& service, const std::string& attribute) {
  return "service \"" + service.name + "\": build." + attribute;
}

void add_args(engine::BuildRequest& request, const parser::Project& project, const parser::Build& build,
              const BuildOptions& options) {
  auto args = build.args;
  for (const auto& [name, value] : options.args) args[name] = value;
  for (const auto& [name, value] : args) {
    const auto inherited = project.environment.find(name);
    if (value) {
      request.args[name] = value;
    } else if (inherited != project.environment.end()) {
      request.args[name] = inherited->second;
    }
  }
}

engine::BuildSecret secret_of(const parser::Project& project, const parser::Service& service,
                              const parser::FileGrant& grant) {
  const auto found = project.secrets.find(grant.source);
  if (found == project.secrets.end())
    throw PlanError(subject(service, "secrets") + ": there is no secret \"" + grant.source + "\"");
  const parser::FileObject& secret = found->second;
  if (!secret.file.empty()) return {secret.file, ""};
  if (secret.environment.empty()) {
    throw PlanError(subject(service, "secrets") + ": the secret \"" + grant.source +
                    "\" must come from a file or the environment");
  }
  if (!secret.environment_value) {
    throw PlanError(subject(service, "secrets") + ": the secret \"" + grant.source +
                    "\" comes from the variable " + secret.environment + ", which is not set");
  }
  return {"", *secret.environment_value};
}

void add_secrets(engine::BuildRequest& request, const parser::Project& project,
                 const parser::Service& service, std::vector<std::string>& warnings) {
  for (const parser::FileGrant& grant : service.build->secrets) {
    if (!grant.uid.empty() || !grant.gid.empty() || grant.mode) {
      warnings.push_back(subject(service, "secrets") + ": uid, gid and mode of \"" + grant.source +
                         "\" are for RUN --mount=type=secret to say; they are ignored");
    }
    request.secrets[grant.target.empty() ? grant.source : grant.target] = secret_of(project, service, grant);
  }
}

void add_ssh(engine::BuildRequest& request, const parser::Project& project, const parser::Service& service,
             const BuildOptions& options) {
  for (const parser::SshKey& key : service.build->ssh) {
    request.ssh[key.id] = {};
    if (!key.path.empty()) request.ssh[key.id].push_back(key.path);
  }
  for (const auto& [id, paths] : options.ssh) request.ssh[id] = paths;
  const auto agent = project.environment.find("SSH_AUTH_SOCK");
  for (auto& [id, paths] : request.ssh) {
    if (!paths.empty()) continue;
    if (agent == project.environment.end() || agent->second.empty()) {
      throw PlanError(
          subject(service, "ssh") + ": \"" + id +
          "\" stands for your ssh agent, and SSH_AUTH_SOCK is not set: start one, or give a key: " + id +
          "=PATH");
    }
    paths.push_back(agent->second);
  }
}

engine::BuildSandbox sandbox_of(const parser::Service& service, const BuildOptions& options) {
  const parser::Build& build = *service.build;
  const auto entitled = [&](const char* word) {
    return std::count(build.entitlements.begin(), build.entitlements.end(), word) != 0;
  };
  engine::BuildSandbox sandbox;
  sandbox.network = build.network;
  sandbox.allow_host_network = entitled("network.host");
  sandbox.allow_insecure = build.privileged || entitled("security.insecure");
  sandbox.extra_hosts = build.extra_hosts;
  sandbox.shm_size = build.shm_size;
  sandbox.memory = options.memory;
  for (const auto& [name, limit] : build.ulimits) {
    if (!engine::is_limit_name(name))
      throw PlanError(subject(service, "ulimits") + ": there is no limit \"" + name + "\"");
    sandbox.ulimits[name] = {limit.soft, limit.hard};
  }
  return sandbox;
}

}  // namespace

engine::BuildRequest build_request(const parser::Project& project, const parser::Service& service,
                                   const BuildOptions& options, std::vector<std::string>& warnings) {
  const parser::Build& build = *service.build;
  engine::BuildRequest request;
  request.context = build.context;
  request.dockerfile = build.dockerfile.empty() ? "Dockerfile" : build.dockerfile;
  request.dockerfile_inline = build.dockerfile_inline;
  add_args(request, project, build, options);
  request.contexts = named_contexts(project, build);
  request.labels = build.labels;
  request.labels[label::kProject] = project.name;
  request.labels[label::kService] = service.name;
  request.labels[label::kVersionLabel] = kVersion;
  request.target = build.target;
  request.tags = {image_of(project, service)};
  request.tags.insert(request.tags.end(), build.tags.begin(), build.tags.end());
  request.no_cache = build.no_cache || options.no_cache;
  request.no_cache_stages = {build.no_cache_filter.begin(), build.no_cache_filter.end()};
  request.pull = build.pull || options.pull;
  add_secrets(request, project, service, warnings);
  add_ssh(request, project, service, options);
  request.sandbox = sandbox_of(service, options);
  if (!build.cache_from.empty()) {
    warnings.push_back(subject(service, "cache_from") +
                       ": what was built here serves as cache by itself, and caches made elsewhere cannot be "
                       "read; it is ignored");
  }
  return request;
}

}  // namespace compose
