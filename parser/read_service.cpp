#include <limits>

#include "parser/names.h"
#include "parser/port_syntax.h"
#include "parser/reader.h"
#include "parser/units.h"

namespace parser {

namespace {

struct At {
  Reader& reader;
  const Node& node;
  const Path& path;
  ServiceDraft& draft;
  Service& service;
};

void read_restart(const At& at) {
  static constexpr struct {
    std::string_view name;
    Restart::Policy policy;
  } kPolicies[] = {{"no", Restart::Policy::kNo},
                   {"always", Restart::Policy::kAlways},
                   {"on-failure", Restart::Policy::kOnFailure},
                   {"unless-stopped", Restart::Policy::kUnlessStopped}};
  std::string word = at.node.text;
  if (scalar_type(at.node) == ScalarType::kBoolean && !*read_boolean(word)) word = "no";
  const size_t colon = word.find(':');
  const std::string name = word.substr(0, colon);
  for (const auto& known : kPolicies) {
    if (known.name != name) continue;
    at.service.restart.policy = known.policy;
    at.service.restart.given = true;
    if (colon == std::string::npos) return;
    const auto count = read_integer(word.substr(colon + 1));
    if (known.policy != Restart::Policy::kOnFailure || !count || *count < 0 ||
        *count > std::numeric_limits<int>::max())
      throw ValueError("invalid restart policy '" + word + "'", "a count of retries is written on-failure:5");
    at.service.restart.max_retries = static_cast<int>(*count);
    return;
  }
  const std::string hint = did_you_mean(name, {"no", "always", "on-failure", "unless-stopped"});
  throw ValueError("unknown restart policy '" + word + "'",
                   hint.empty() ? "known are no, always, on-failure[:count], unless-stopped" : hint);
}

void read_pull_policy(const At& at) {
  const std::string& word = at.node.text;
  if (word == "if_not_present") {
    at.service.pull_policy = "missing";
    return;
  }
  if (word == "always" || word == "never" || word == "missing" || word == "build") {
    at.service.pull_policy = word;
    return;
  }
  if (word == "daily" || word == "weekly" || word == "refresh" || word.rfind("every_", 0) == 0)
    throw ValueError("pull policy '" + word + "' is not supported yet");
  const std::string hint = did_you_mean(word, {"always", "never", "missing", "if_not_present", "build"});
  throw ValueError("unknown pull policy '" + word + "'",
                   hint.empty() ? "known are always, never, missing, build" : hint);
}

void read_network_mode(const At& at) {
  const std::string& word = at.node.text;
  if (word != "none" && word != "host") {
    const std::string kind = word.substr(0, word.find(':'));
    if (kind == "bridge" || kind == "service" || kind == "container")
      throw ValueError("network_mode '" + word + "' is not supported yet", "none and host are");
    const std::string hint = did_you_mean(word, {"none", "host", "bridge"});
    throw ValueError("unknown network_mode '" + word + "'", hint.empty() ? "known are none and host" : hint);
  }
  at.service.network_mode = word;
}

void read_capabilities(const At& at, std::vector<std::string>& into) {
  for (size_t i = 0; i < at.node.items.size(); ++i) {
    const Node& item = at.node.items[i];
    at.reader.guard(item, at.path.index(i), [&] { into.push_back(normal_capability(item.text)); });
  }
}

void read_depends_on(const At& at) {
  for (const Entry& entry : at.node.entries) {
    const Path path = at.path.key(entry.key);
    Dependency dependency;
    dependency.mark = entry.key_at.mark();
    if (const Node* condition = entry.value.find("condition")) {
      if (condition->text == "service_healthy") dependency.condition = Dependency::Condition::kHealthy;
      if (condition->text == "service_completed_successfully")
        dependency.condition = Dependency::Condition::kCompletedSuccessfully;
    }
    if (const Node* restart = entry.value.find("restart"))
      dependency.restart = at.reader.flag(*restart, path.key("restart"));
    if (const Node* required = entry.value.find("required"))
      dependency.required = at.reader.flag(*required, path.key("required"));
    at.service.depends_on[entry.key] = dependency;
  }
}

void read_links(const At& at) {
  for (const Node& item : at.node.items) {
    const size_t colon = item.text.find(':');
    const std::string service = item.text.substr(0, colon);
    at.service.links.push_back({service, colon == std::string::npos ? service : item.text.substr(colon + 1)});
    at.draft.link_marks.push_back(item.mark());
  }
}

void read_env_files(const At& at) {
  for (size_t i = 0; i < at.node.items.size(); ++i) {
    const Node& item = at.node.items[i];
    const Path path = at.path.index(i);
    const Node* file = item.find("path");
    if (file == nullptr) {
      at.reader.report().error(item.mark(), path.to_string(), "env_file without 'path'");
      continue;
    }
    EnvFile env_file;
    env_file.path = at.reader.host_path(*file, path);
    env_file.shown = file->text;
    env_file.mark = file->mark();
    env_file.where = path.to_string();
    if (const Node* required = item.find("required"))
      env_file.required = at.reader.flag(*required, path.key("required"));
    if (const Node* format = item.find("format")) {
      env_file.raw = format->text == "raw";
      if (!env_file.raw)
        at.reader.report().error(format->mark(), path.key("format").to_string(),
                                 "unknown format '" + format->text + "'", "the only one is 'raw'");
    }
    at.service.env_files.push_back(std::move(env_file));
  }
}

void read_expose(const At& at) {
  for (size_t i = 0; i < at.node.items.size(); ++i) {
    const Node& item = at.node.items[i];
    at.reader.guard(item, at.path.index(i), [&] {
      const size_t slash = item.text.find('/');
      if (slash != std::string::npos) check_protocol(item.text.substr(slash + 1));
      parse_port_range(item.text.substr(0, slash), "port");
      at.service.expose.push_back(item.text);
    });
  }
}

using Read = void (*)(const At& at);

struct Attribute {
  std::string_view name;
  Read read;
};

// What is not here is read by a file of its own (kSections).
constexpr Attribute kAttributes[] = {
    {"image", [](const At& at) { at.service.image = at.node.text; }},
    {"pull_policy", read_pull_policy},
    {"command", [](const At& at) { at.service.command = at.reader.words(at.node, at.path); }},
    {"entrypoint", [](const At& at) { at.service.entrypoint = at.reader.words(at.node, at.path); }},
    {"environment", [](const At& at) { at.draft.environment = at.reader.optional_map(at.node); }},
    {"env_file", read_env_files},
    {"working_dir", [](const At& at) { at.service.working_dir = at.node.text; }},
    {"user", [](const At& at) { at.service.user = at.node.text; }},
    {"hostname", [](const At& at) { at.service.hostname = at.node.text; }},
    {"container_name",
     [](const At& at) {
       check_engine_name("container name", at.node.text);
       at.service.container_name = at.node.text;
     }},
    {"labels", [](const At& at) { at.service.labels = at.reader.string_map(at.node); }},
    {"expose", read_expose},
    {"network_mode", read_network_mode},
    {"links", read_links},
    {"depends_on", read_depends_on},
    {"restart", read_restart},
    {"stop_signal",
     [](const At& at) {
       check_signal(at.node.text);
       at.service.stop_signal = at.node.text;
     }},
    {"stop_grace_period",
     [](const At& at) { at.service.stop_grace_period = at.reader.duration(at.node, at.path); }},
    {"scale",
     [](const At& at) {
       at.service.scale = static_cast<int>(at.reader.integer(at.node, at.path, 0, INT32_MAX));
       at.draft.replicas_mark = at.node.mark();
     }},
    {"profiles", [](const At& at) { at.service.profiles = at.reader.strings(at.node); }},
    {"cap_add", [](const At& at) { read_capabilities(at, at.service.cap_add); }},
    {"cap_drop", [](const At& at) { read_capabilities(at, at.service.cap_drop); }},
    {"extra_hosts", [](const At& at) { at.service.extra_hosts = at.reader.strings(at.node); }},
    {"privileged", [](const At& at) { at.service.privileged = at.reader.flag(at.node, at.path); }},
    {"read_only", [](const At& at) { at.service.read_only = at.reader.flag(at.node, at.path); }},
    {"init", [](const At& at) { at.service.init = at.reader.flag(at.node, at.path); }},
    {"mem_limit", [](const At& at) { at.service.mem_limit = at.reader.bytes(at.node, at.path); }},
    {"cpus", [](const At& at) { at.service.cpus = at.reader.number(at.node, at.path); }},
    {"pids_limit",
     [](const At& at) { at.service.pids_limit = at.reader.integer(at.node, at.path, -1, INT32_MAX); }},
    {"cpu_shares",
     [](const At& at) { at.service.cpu_shares = at.reader.integer(at.node, at.path, 0, INT64_MAX); }},
    {"shm_size", [](const At& at) { at.service.shm_size = at.reader.bytes(at.node, at.path); }},
    {"attach", [](const At& at) { at.service.attach = at.reader.flag(at.node, at.path); }},
};

constexpr struct {
  std::string_view name;
  void (*read)(Reader&, const Node&, const Path&, ServiceDraft&);
} kSections[] = {
    {"build", read_build},
    {"healthcheck", read_healthcheck},
    {"ports", read_ports},
    {"volumes", read_mounts},
    {"tmpfs", read_tmpfs},
    {"networks", read_service_networks},
    {"deploy", read_deploy},
    {"develop", read_develop},
    {"pre_start", read_pre_start},
    {"post_start", read_post_start},
    {"pre_stop", read_pre_stop},
    {"provider", read_provider},
    {"models", read_service_models},
    {"gpus", read_gpus},
    {"configs", read_service_configs},
    {"secrets", read_service_secrets},
};

}  // namespace

void read_service(Reader& reader, const Node& node, const Path& path, ServiceDraft& draft) {
  draft.damaged = node.damaged;
  draft.service.mark = node.mark();
  for (const Entry& entry : node.entries) {
    // "command:" without a value means the image's own.
    if (entry.value.is_null()) continue;
    const Path place = path.key(entry.key);
    draft.marks[entry.key] = entry.key_at.mark();
    for (const Attribute& attribute : kAttributes)
      if (attribute.name == entry.key)
        reader.guard(entry.value, place, [&] {
          attribute.read({reader, entry.value, place, draft, draft.service});
        });
    for (const auto& section : kSections)
      if (section.name == entry.key) section.read(reader, entry.value, place, draft);
  }
  draft.service.extensions = reader.extensions(node);
  settle_deploy(reader, path, draft);
}

}  // namespace parser
